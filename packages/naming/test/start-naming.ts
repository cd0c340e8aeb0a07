import type { DatumKey, DatumListener, Instance, InstanceChange, Version } from "@nacre/core";
import { ManualClock, MapConsistency, RecordingLogger } from "@nacre/core/testing";
import {
  type BeatSpec,
  type HistoryEntry,
  type InstanceAddress,
  type InstanceSpec,
  Naming,
  type NamingOptions,
  type Service,
  type ServiceRequest,
} from "@nacre/naming";

/** A consistency service through which a test speaks as peers would. */
class OpenConsistency extends MapConsistency {
  /** At which versions the writes so far were accepted elsewhere. */
  readonly acceptedAs: (Version | undefined)[] = [];
  #listener: DatumListener | undefined;

  /** Who is told of data; to be told and asked as by a peer. */
  get listener(): DatumListener {
    if (this.#listener === undefined) throw new Error("nobody listens");
    return this.#listener;
  }

  override put(key: DatumKey, changes: readonly InstanceChange[], acceptedAs?: Version): void {
    this.acceptedAs.push(acceptedAs);
    super.put(key, changes);
  }

  override listen(listener: DatumListener): void {
    this.#listener = listener;
    super.listen(listener);
  }
}

/** Answers for the services whose bare names are in `names`, or for all. */
export function responsibilityOf(...names: readonly string[]) {
  const ours = new Set(names);
  const isResponsible = (name: string) => ours.has("all") || ours.has(name.split("@@")[1] ?? "");
  return { ours, isResponsible };
}

/** A `Naming` that is swept twice a second, as a member does, and what it is wired to. */
export function startNaming(options: NamingOptions = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const consistency = new OpenConsistency();
  const changed: Service[] = [];
  const onChange = (service: Service) => changed.push(service);
  const naming = new Naming({ clock, logger, consistency }, { onChange, ...options });
  const sweep = () => {
    naming.check();
    clock.schedule(500, sweep);
  };
  clock.schedule(500, sweep);
  return { clock, logger, consistency, changed, naming };
}

/** The service that most tests are about. */
export const orders: ServiceRequest = {
  namespaceId: "public",
  serviceName: "DEFAULT_GROUP@@orders",
  by: "10.9.9.9",
};

export function specOf(ip: string, changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    ip,
    port: 8080,
    weight: 1,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: "DEFAULT",
    metadata: {},
    app: "DEFAULT",
    ...changes,
  };
}

/** An instance as it stands, or as a peer tells of it. */
export function standingOf(ip: string, changes: Partial<Instance> = {}): Instance {
  return { ...specOf(ip), instanceId: null, marked: false, version: 0, ...changes };
}

export function beatSpecOf(ip: string | null, changes: Partial<BeatSpec> = {}): BeatSpec {
  return { ip, weight: 1, ephemeral: true, metadata: {}, ...changes };
}

export function addressOf(ip: string, changes: Partial<InstanceAddress> = {}): InstanceAddress {
  return { ip, port: 8080, clusterName: "DEFAULT", ...changes };
}

export function serviceOf(naming: Naming, request: ServiceRequest = orders): Service {
  const service = naming.services.get(request.namespaceId, request.serviceName);
  if (service === undefined) throw new Error(`there is no service ${request.serviceName}`);
  return service;
}

export function instanceOf(naming: Naming, ip: string, request = orders): Instance | undefined {
  const service = naming.services.get(request.namespaceId, request.serviceName);
  return service?.instances.find((instance) => instance.ip === ip);
}

/** The history, as `cause: detail` of each entry. */
export function causesOf(naming: Naming, ip?: string): readonly string[] {
  return historyOf(naming, ip).map(({ cause, detail }) => `${cause}: ${detail}`);
}

export function historyOf(naming: Naming, ip?: string): readonly HistoryEntry[] {
  return naming.history.find({ ip, countMax: Number.MAX_SAFE_INTEGER }).entries;
}

/** Lets time pass while `beat` is called every 5 seconds, first after 5 seconds. */
export async function beatFor(clock: ManualClock, durationMs: number, beat: () => void) {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 5_000) {
    await clock.advance(5_000);
    beat();
  }
}

/** Random numbers from 0 to below 1, the same ones for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
