import {
  type CauseKind,
  type Clock,
  type ConsistencyService,
  type Datum,
  type DatumKey,
  datumKey,
  type DatumListener,
  type Instance,
  type InstanceChange,
  type InstanceKey,
  instanceKeyOf,
  isSameInstance,
  type Logger,
  type Millis,
  parseDatumKey,
  parseDefinitionKey,
  type ValueDatum,
} from "@nacre/core";
import type { BeatChecker, SilentLease } from "./beat-checker.ts";
import type { History } from "./history.ts";
import { Lease } from "./lease.ts";
import type { LivedTime } from "./lived-time.ts";
import type { Service } from "./service.ts";
import { parseDefinition } from "./service-definition.ts";
import type { ServiceIndex } from "./service-index.ts";
import { silenceText } from "./silence-changes.ts";

/** The parts of a registry that a {@link RegistryListener} keeps up to date. */
export interface RegistryListenerDependencies {
  readonly clock: Clock;
  readonly livedTime: LivedTime;
  readonly logger: Logger;
  readonly consistency: ConsistencyService;
  readonly services: ServiceIndex;
  readonly beats: BeatChecker;
  readonly history: History;
}

/** Whom a {@link RegistryListener} tells, and what it has room for. */
export interface RegistryListenerOptions {
  /** Told after each change of what clients see of a service; the last step of the change. */
  readonly onChange: (service: Service) => void;

  /** A peer heard an instance that is unhealthy here, and this member is the one to say so. */
  readonly onBeatAgain: (lease: Lease) => void;

  /** How many instances there may be. */
  readonly instancesMax: number;
}

/** At most one line per so long tells of what peers say and this member cannot take. */
const WARNING_INTERVAL_MS: Millis = 60_000;

/**
 * Takes over into the registry what the consistency service tells, whoever caused it: clients of this
 * member, time, or peers. It also tells what is known here of beats.
 *
 * Nothing that a peer says makes it throw. What cannot be taken is left out, counted, and now and then
 * named in the log.
 */
export class RegistryListener implements DatumListener {
  readonly #clock: Clock;
  readonly #livedTime: LivedTime;
  readonly #logger: Logger;
  readonly #consistency: ConsistencyService;
  readonly #services: ServiceIndex;
  readonly #beats: BeatChecker;
  readonly #history: History;
  readonly #options: RegistryListenerOptions;
  #changeCount = 0;
  #refusedCount = 0;
  #warnsFromMs: Millis = Number.NEGATIVE_INFINITY;

  constructor(dependencies: RegistryListenerDependencies, options: RegistryListenerOptions) {
    this.#clock = dependencies.clock;
    this.#livedTime = dependencies.livedTime;
    this.#logger = dependencies.logger;
    this.#consistency = dependencies.consistency;
    this.#services = dependencies.services;
    this.#beats = dependencies.beats;
    this.#history = dependencies.history;
    this.#options = options;
  }

  /** How many changes of instances happened since the start. */
  get changeCount(): number {
    return this.#changeCount;
  }

  /** How many services, clusters and definitions that peers told of were not taken. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /**
   * Whether a service may be had, or is there already. What is known may change however full it is: a
   * peer has limits of its own.
   */
  mayTake(key: DatumKey): boolean {
    const { namespaceId, groupedServiceName: name } = parseDatumKey(key);
    const service = this.#services.get(namespaceId, name);
    if (service !== undefined) return service.key === key;
    // Cut from the key as they are, the parts must make the key again.
    return (
      datumKey(namespaceId, name) === key &&
      this.#services.mayHave(namespaceId, name) &&
      this.#beats.size < this.#options.instancesMax
    );
  }

  onPut(datum: Datum, changes: readonly InstanceChange[]): void {
    const service = this.#serviceUnder(datum.key) ?? this.#serviceFor(datum);
    if (service === undefined) return;
    service.takeInstances(datum);
    let isSeen = false;
    for (const change of changes) isSeen = this.#follow(service, change) || isSeen;
    if (isSeen) this.#options.onChange(service);
  }

  onRemove(key: DatumKey): void {
    const service = this.#serviceUnder(key);
    if (service === undefined) return;
    for (const lease of service.leases.values()) this.#beats.forget(lease);
    service.leases.clear();
    service.takeInstances({ key, instances: [] });
    // What an operator said of it outlives its instances.
    if (!service.isDefined) this.#services.delete(service);
    this.#options.onChange(service);
  }

  onValue({ key, text }: ValueDatum): void {
    // Values of another kind are others' business.
    const named = parseDefinitionKey(key);
    if (named === undefined) return;
    if (text === undefined) {
      this.#undefine(this.#services.get(named.namespaceId, named.groupedServiceName));
      return;
    }
    const definition = parseDefinition(text);
    if (definition === undefined) {
      this.#refuse({ key }, "a definition of a service cannot be read");
      return;
    }
    const service = this.#make(named.namespaceId, named.groupedServiceName);
    if (service === undefined) return;
    service.define(definition);
    this.#options.onChange(service);
  }

  onBeat(key: DatumKey, instanceKey: InstanceKey, silenceMs: Millis): void {
    const lease = this.#serviceUnder(key)?.leases.get(instanceKey);
    if (lease === undefined) return;
    const agoMs = Math.max(0, silenceMs);
    this.#beats.touch(lease, this.#livedTime.nowMs() - agoMs);
    lease.hasBeaten = true;
    const { clockMs } = this.#livedTime;
    if (clockMs - agoMs <= lease.evidenceMs) return;
    lease.evidenceMs = clockMs - agoMs;
    const { service, instance } = lease;
    // Whoever took the beat says so, or else who is responsible.
    if (instance.healthy || instance.marked || !service.isOurs) return;
    if (lease.isAliveAt(clockMs)) this.#options.onBeatAgain(lease);
  }

  silenceMsOf(key: DatumKey, instanceKey: InstanceKey): Millis | undefined {
    const lease = this.#serviceUnder(key)?.leases.get(instanceKey);
    return lease?.silenceMsAt(this.#clock.nowMs());
  }

  isAlive(key: DatumKey, instanceKey: InstanceKey): boolean {
    const lease = this.#serviceUnder(key)?.leases.get(instanceKey);
    return lease !== undefined && lease.isAliveAt(this.#clock.nowMs());
  }

  /** Writes down that the brake holds the removal of these. */
  noteHeld(silent: readonly SilentLease[]): void {
    for (const { lease, silenceMs } of silent) {
      this.#note(lease.service, lease.instance, "held", silenceText(silenceMs));
    }
  }

  #note(service: Service, instance: Instance, cause: CauseKind, detail: string): void {
    const { namespaceId, name: serviceName } = service;
    const { clusterName, ip, port } = instance;
    const atMs = this.#clock.epochMs();
    this.#history.add({ atMs, namespaceId, serviceName, clusterName, ip, port, cause, detail });
  }

  // Whether clients see a change.
  #follow(service: Service, change: InstanceChange): boolean {
    const { before, after, cause } = change;
    const subject = after ?? before;
    if (subject === undefined) return false;
    const key = instanceKeyOf(subject);
    const lease = service.leases.get(key);
    // Removed to make sure, though it was not known here.
    if (after === undefined && lease === undefined) return false;
    if (after === undefined) this.#forget(lease);
    else if (lease === undefined) this.#watch(service, after, key);
    else this.#refresh(lease, after, cause.kind);
    // A version alone is not seen.
    if (before !== undefined && after !== undefined && isSameInstance(before, after)) return false;
    this.#changeCount++;
    const detail = isTold(cause.kind) ? `${happening(change)}, ${cause.detail}` : cause.detail;
    this.#note(service, subject, cause.kind, detail);
    return true;
  }

  #watch(service: Service, instance: Instance, key: InstanceKey): void {
    // Clients' writes have made the cluster already; data of peers come without.
    if (!service.takeCluster(instance.clusterName)) {
      this.#refuse({ service: service.name }, "a cluster of a peer has no room or no legal name");
    }
    const lease = new Lease(service, instance, this.#livedTime.nowMs(), key);
    service.leases.set(key, lease);
    this.#beats.watch(lease);
  }

  #refresh(lease: Lease, instance: Instance, cause: CauseKind): void {
    const isRevived = instance.healthy && !lease.instance.healthy;
    lease.instance = instance;
    // Whoever says so has heard it; how long ago, we are told a little later.
    if (isRevived && isTold(cause)) this.#beats.touch(lease);
    this.#beats.replace(lease);
  }

  #forget(lease: Lease | undefined): void {
    if (lease === undefined) return;
    lease.service.leases.delete(lease.instanceKey);
    this.#beats.forget(lease);
  }

  #undefine(service: Service | undefined): void {
    if (service === undefined) return;
    service.undefine();
    // Somebody deleted it, or found it empty for long.
    if (service.instances.length === 0) this.#consistency.remove(service.key);
    else this.#options.onChange(service);
  }

  #serviceUnder(key: DatumKey): Service | undefined {
    const { namespaceId, groupedServiceName } = parseDatumKey(key);
    return this.#services.get(namespaceId, groupedServiceName);
  }

  // What is empty makes no service: a peer may have forgotten it already.
  #serviceFor({ key, instances }: Datum): Service | undefined {
    if (instances.length === 0) return undefined;
    const { namespaceId, groupedServiceName } = parseDatumKey(key);
    return this.#make(namespaceId, groupedServiceName);
  }

  #make(namespaceId: string, name: string): Service | undefined {
    if (this.#services.mayHave(namespaceId, name)) return this.#services.ensure(namespaceId, name);
    this.#refuse({ service: name }, "a service of a peer has no room or no legal name");
    return undefined;
  }

  #refuse(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#refusedCount++;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#warnsFromMs) return;
    this.#warnsFromMs = nowMs + WARNING_INTERVAL_MS;
    this.#logger.warn({ ...fields, refusedCount: this.#refusedCount }, message);
  }
}

/** What a peer told, be it asked or not. Where it heard of it, it does not say. */
const TOLD: ReadonlySet<CauseKind> = new Set(["synced", "verified", "loaded", "still alive"]);

function isTold(kind: CauseKind): boolean {
  return TOLD.has(kind);
}

// The kind says how we know; so the detail has to say what.
function happening({ before, after }: InstanceChange): string {
  if (before === undefined) return "new";
  if (after === undefined) return "gone";
  if (before.healthy === after.healthy) return "changed";
  return after.healthy ? "healthy again" : "unhealthy";
}
