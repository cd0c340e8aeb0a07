import {
  type Address,
  type DatumKey,
  type DatumListener,
  type Instance,
  type PeerHandler,
  type SyncMessage,
  type Transport,
  Versions,
} from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { DistroProtocol, Membership } from "@nacre/engine";
import { ScriptedTransport, unreachablePeer } from "../scripted-transport.ts";
import { mapStore } from "./map-store.ts";
import { instanceAt } from "./start-repair.ts";

/** The members of these tests. */
export const [a, b, c] = ["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"] as const;
const cause = { kind: "registered", detail: "by a client" } as const;
const deregistered = { kind: "deregistered", detail: "by a client" } as const;

/** What befalls a call: it fails, is never answered, or is answered by nobody who heard it. */
export type Fault = (
  from: Address,
  to: Address,
  call: string,
) => "lost" | "hangs" | "swallowed" | undefined;

/** Carries calls from member to member in one process. Each takes a turn of promises. */
export class DirectNetwork {
  readonly handlers = new Map<Address, PeerHandler>();
  fault: Fault = () => undefined;
  readonly sent: (readonly [Address, Address, SyncMessage])[] = [];

  transportOf(from: Address): Transport {
    const transport = new ScriptedTransport();
    const { answers } = transport;
    answers.greet = (to) => this.#carry(from, to, "greet", (peer) => peer.onGreet());
    answers.report = (to, report) =>
      this.#carry(from, to, "report", (peer) => {
        peer.onReport(report);
        return { code: 200, greeting: peer.onGreet() };
      });
    answers.sync = (to, message) => {
      this.sent.push([from, to, message]);
      return this.#carry(from, to, "sync", (peer) => peer.onSync(from, message));
    };
    answers.beats = (to, message) =>
      this.#carry(from, to, "beats", (peer) => peer.onBeats(from, message));
    answers.digest = (to, message) =>
      this.#carry(from, to, "digest", (peer) => peer.onDigest(from, message));
    answers.fetch = (to, request) =>
      this.#carry(from, to, "fetch", (peer) => peer.onFetch(from, request));
    answers.leaving = (to) => this.#carry(from, to, "leaving", (peer) => peer.onLeaving(from));
    return transport;
  }

  async #carry<Answer>(
    from: Address,
    to: Address,
    call: string,
    take: (peer: PeerHandler) => Answer,
  ): Promise<Answer> {
    await Promise.resolve();
    const fault = this.fault(from, to, call);
    if (fault === "swallowed") return undefined as Answer;
    if (fault === "hangs") return new Promise<Answer>(() => undefined);
    const peer = this.handlers.get(to);
    if (fault === "lost" || peer === undefined) throw unreachablePeer(to);
    return take(peer);
  }
}

/** One member, whose listener knows which instances beat. */
export function startMember(
  self: Address,
  transport: Transport,
  {
    clock,
    addresses = [self],
    isAlone = false,
    coldStartMs = 0,
  }: {
    readonly clock: ManualClock;
    readonly addresses?: readonly Address[];
    readonly isAlone?: boolean;
    readonly coldStartMs?: number;
  },
) {
  const logger = new RecordingLogger();
  const membership: Membership = new Membership(
    { clock, logger, transport },
    { self, isAlone, addresses, version: "0.1.0", onChange: () => protocol.regardMembers() },
  );
  const beating = new Map<string, number>();
  const heard: string[] = [];
  const protocol: DistroProtocol = new DistroProtocol(
    {
      clock,
      logger,
      store: mapStore(),
      versions: new Versions({ clock }),
      transport,
      membership,
      livedNowMs: () => clock.nowMs(),
      servicesOf: () => [],
    },
    { load: { coldStartMs }, onLoaded: () => membership.ready() },
  );
  const listener: DatumListener = {
    mayTake: () => true,
    onPut: (_, changes) => heard.push(...changes.map((change) => change.cause.kind)),
    onRemove: () => heard.push("removed"),
    onValue: ({ text }) => heard.push(`value ${text ?? ""}`),
    onBeat: (_, instanceKey, silenceMs) => {
      beating.set(instanceKey, clock.nowMs() - silenceMs);
    },
    silenceMsOf: (_, instanceKey) => {
      const beatMs = beating.get(instanceKey);
      return beatMs === undefined ? undefined : clock.nowMs() - beatMs;
    },
    isAlive: (_, instanceKey) => clock.nowMs() - (beating.get(instanceKey) ?? -Infinity) < 7_500,
  };
  protocol.listen(listener);
  const register = (key: DatumKey, ...ips: readonly string[]): void =>
    protocol.put(
      key,
      ips.map((ip) => ({ after: instanceAt(ip), cause })),
    );
  const standing = (key: DatumKey, ip: string): Instance | undefined =>
    protocol.get(key)?.instances.find((instance) => instance.ip === ip);
  const deregister = (key: DatumKey, ip: string): void =>
    protocol.put(key, [{ before: standing(key, ip), cause: deregistered }]);
  const ips = (key: DatumKey): readonly string[] =>
    (protocol.get(key)?.instances ?? []).map(({ ip }) => ip).toSorted();
  return {
    beating,
    deregister,
    heard,
    ips,
    logger,
    membership,
    protocol,
    register,
    self,
    standing,
  };
}

/** What {@link startMember} starts. */
export type StartedMember = ReturnType<typeof startMember>;

/** Members that know each other and have loaded. */
export async function startCluster(addresses: readonly Address[] = [a, b, c]) {
  const clock = new ManualClock();
  const network = new DirectNetwork();
  const members = addresses.map((self) => {
    const member = startMember(self, network.transportOf(self), { clock, addresses });
    network.handlers.set(self, member.protocol);
    return member;
  });
  for (const { protocol } of members) protocol.start();
  await clock.advance(100);
  for (const { membership } of members) await membership.greetAll();
  network.sent.length = 0;
  return { clock, members, network };
}
