import {
  type Address,
  type Datum,
  type DatumKey,
  datumKey,
  DistroMapper,
  type Instance,
  type MemberKind,
  noMetadata,
  type Store,
  Versions,
} from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { Membership } from "@nacre/engine";
import { digestAnswerOf } from "../../src/distro/digest-session.ts";
import { DistroData } from "../../src/distro/distro-data.ts";
import type { DistroDataOptions } from "../../src/distro/distro-data-options.ts";
import { pageOf } from "../../src/distro/pages.ts";
import { answered, ofNacre, reportOf } from "../membership/start-membership.ts";
import { ScriptedTransport } from "../scripted-transport.ts";

/** The members of these tests; `a` is the one that is looked at. */
export const [a, b, c] = ["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"] as const;

/** What {@link startRepair} starts. */
export interface RepairSetup {
  /** The peers and what they are; `unknown` ones have not been heard from. */
  readonly peers?: Readonly<Record<Address, MemberKind>>;
  readonly isReady?: boolean;
  readonly isAlone?: boolean;
  readonly dataOptions?: DistroDataOptions;
}

/** What verify and load stand on: a member at `a`, without data, and a scripted transport. */
export async function startRepair({
  peers = { [b]: "nacre" },
  isReady = true,
  isAlone = false,
  dataOptions = {},
}: RepairSetup = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const transport = new ScriptedTransport();
  transport.answers.report = () => answered(200);
  const addresses = [a, ...Object.keys(peers)];
  const membership = new Membership(
    { clock, logger, transport },
    { self: a, isAlone, addresses, version: "0.1.0" },
  );
  if (isReady) membership.ready();
  await clock.advance(0);
  for (const [address, kind] of Object.entries(peers)) {
    if (kind === "unknown") continue;
    const report = reportOf(address, kind === "nacre" ? ofNacre : {});
    if (isReady) membership.onReport(report);
    else expectStarting(() => membership.onReport(report));
  }
  const data = startData(clock, dataOptions);
  const added: { readonly key: string; readonly peers: readonly Address[] | undefined }[] = [];
  const sync = {
    add: (key: string, of?: readonly Address[]) => void added.push({ key, peers: of }),
  };
  transport.calls.length = 0;
  logger.lines.length = 0;
  return {
    dependencies: { clock, logger, transport, data, membership, sync },
    clock,
    logger,
    transport,
    data,
    membership,
    added,
    /** Lets calls under way end. */
    settle: () => clock.advance(0),
    /** The lines of a level, shortened to their message and peer. */
    said: (level: "info" | "warn" | "error") =>
      logger.lines
        .filter((line) => line.level === level)
        .map(({ message, fields }) => [message, fields["peer"]]),
  };
}

/** Data that rest in a map. */
export function startData(clock: ManualClock, options: DistroDataOptions = {}): DistroData {
  const versions = new Versions({ clock });
  const dependencies = { clock, logger: new RecordingLogger(), store: mapStore(), versions };
  return new DistroData(dependencies, options);
}

/** Lets the transport answer digests and fetches as a Nacre peer that holds `theirs` does. */
export function answerAsNacre(
  transport: ScriptedTransport,
  theirs: DistroData,
  { keysMax = 20_000, instancesMax = 1_000 } = {},
): void {
  const everything = { isReady: true, isResponsible: () => true };
  transport.answers.digest = (_, message) =>
    Promise.resolve(digestAnswerOf(theirs.digest, message, { keysMax, firstBucket: 0 }));
  transport.answers.fetch = (_, request) =>
    Promise.resolve(pageOf(theirs, everything, request, { instancesMax }));
}

/** Registers instances of one service, by their addresses. */
export function register(data: DistroData, key: DatumKey, ...ips: readonly string[]): void {
  const cause = { kind: "registered", detail: "" } as const;
  data.put(
    key,
    ips.map((ip) => ({ after: instanceAt(ip), cause })),
  );
}

/** The addresses of what stands under a key. */
export function ipsUnder(data: DistroData, key: DatumKey): readonly string[] {
  return (data.get(key)?.instances ?? []).map(({ ip }) => ip).toSorted();
}

/** A healthy instance. */
export function instanceAt(ip: string, more: Partial<Instance> = {}): Instance {
  return {
    instanceId: null,
    ip,
    port: 8080,
    weight: 1,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: "DEFAULT",
    metadata: noMetadata,
    app: "DEFAULT",
    marked: false,
    version: 0,
    ...more,
  };
}

/** A datum as a Java peer sends it. */
export function javaCopy(key: DatumKey, ...ips: readonly string[]) {
  const instances = ips.map((ip) => ({ instance: instanceAt(ip), silenceMs: 0 }));
  return { key, instances, gone: [] };
}

/** Keys of services for which `member` is responsible when these members count. */
export function keysOf(member: Address, members: readonly Address[], count = 1): DatumKey[] {
  const mapper = new DistroMapper({ self: member, addresses: members });
  const names = Array.from({ length: 100 * count }, (_, at) => `DEFAULT_GROUP@@s${at}`);
  const own = names.filter((name) => mapper.isResponsible(name)).slice(0, count);
  return own.map((name) => datumKey("public", name));
}

/** The first of {@link keysOf}. */
export function keyOf(member: Address, members: readonly Address[]): DatumKey {
  const [key] = keysOf(member, members);
  if (key === undefined) throw new Error("no such service");
  return key;
}

function mapStore(): Store {
  const data = new Map<DatumKey, Datum>();
  return {
    get size() {
      return data.size;
    },
    get: (key) => data.get(key),
    put: (datum) => void data.set(datum.key, datum),
    delete: (key) => data.delete(key),
    data: () => data.values(),
  };
}

// A member that has not loaded answers reports with "not yet", but learns from them.
function expectStarting(report: () => boolean): void {
  let isTaken = true;
  try {
    report();
  } catch {
    isTaken = false;
  }
  if (isTaken) throw new Error("a report was taken before ready");
}
