import {
  type Cause,
  type CauseKind,
  type Clock,
  type ConsistencyService,
  type Datum,
  type DatumKey,
  defaultCluster,
  type Instance,
  type InstanceChange,
  instanceKey,
  instanceKeyOf,
  type Millis,
  NacreError,
  parseDatumKey,
} from "@nacre/core";
import { BeatChecker, type SilentLease } from "./beat-checker.ts";
import { ExpiryBrake } from "./expiry-brake.ts";
import { History } from "./history.ts";
import {
  checkInstance,
  describeInstance,
  type InstanceSpec,
  isMeant,
  isSameInstance,
  patchedInstance,
  registeredInstance,
} from "./instance-edits.ts";
import { Lease } from "./lease.ts";
import { LivedTime } from "./lived-time.ts";
import type { NamingDependencies, NamingOptions } from "./naming-options.ts";
import type { Service } from "./service.ts";
import { ServiceIndex } from "./service-index.ts";
import type {
  BeatAnswer,
  BeatSpec,
  InstanceAddress,
  InstancePatch,
  ServiceRequest,
} from "./service-request.ts";

/**
 * The registry of one member, as its clients write to it: registrations, beats, deregistrations,
 * and what follows from their absence.
 *
 * Every write ends in `ConsistencyService.put`, whose listener is this object: there the new state
 * is taken over, whoever caused it, together with the cause.
 */
export class Naming {
  /** Every service, for reading. */
  readonly services: ServiceIndex;

  /** The last changes, each with its cause. */
  readonly history: History;

  /** The time in which beats and subscriptions age. */
  readonly livedTime: LivedTime;

  readonly #clock: Clock;
  readonly #consistency: ConsistencyService;
  readonly #beats: BeatChecker;
  readonly #onChange: (service: Service) => void;
  readonly #instancesMax: number;
  #beatCount = 0;
  #changeCount = 0;

  constructor({ clock, logger, consistency }: NamingDependencies, options: NamingOptions = {}) {
    const { sweepIntervalMs = 500, pauseToleranceMs = 500, expireInstances = true } = options;
    this.#clock = clock;
    this.#consistency = consistency;
    this.#onChange = options.onChange ?? (() => undefined);
    this.#instancesMax = options.instancesMax ?? 1_000_000;
    this.services = new ServiceIndex({ servicesMax: options.servicesMax ?? 500_000 });
    this.history = new History({ entriesMax: options.historyMax ?? 50_000 });
    this.livedTime = new LivedTime(
      { clock, logger },
      { intervalMs: sweepIntervalMs, toleranceMs: pauseToleranceMs },
    );
    const brake = new ExpiryBrake(options.brake);
    this.#beats = new BeatChecker(
      { clock, livedTime: this.livedTime, logger, brake },
      {
        slotMs: sweepIntervalMs,
        expireInstances,
        onSilent: (silent) => this.#writeAll(silent, "beats stopped", unhealthy),
        onExpired: (silent) => this.#writeAll(silent, "expired", () => undefined),
        onHeld: (silent) => {
          for (const { lease, silenceMs } of silent) {
            this.#note(lease.service, lease.instance, "held", silence(silenceMs));
          }
        },
      },
    );
    consistency.listen({
      onPut: (datum, changes) => this.#take(datum, changes),
      onRemove: (key) => this.#drop(key),
      mayTake: () => true,
      onValue: () => undefined,
      onBeat: () => undefined,
      silenceMsOf: () => undefined,
      isAlive: () => false,
    });
  }

  /** How many instances there are. */
  get instanceCount(): number {
    return this.#beats.size;
  }

  /** The instances that are listed only because the brake holds their removal. */
  get held(): ReadonlySet<Lease> {
    return this.#beats.held;
  }

  /** How many beats were taken since the start. */
  get beatCount(): number {
    return this.#beatCount;
  }

  /** How many changes of instances happened since the start. */
  get changeCount(): number {
    return this.#changeCount;
  }

  /**
   * Adds an instance, or replaces the one of its address; makes the service and the cluster when
   * they are not there (`http-api.md` 2.1.1).
   *
   * @throws {@link NacreError} `INVALID_PARAM` or `INVALID_INSTANCE` for the instance;
   * `PERSISTENT_UNSUPPORTED`; `INVALID_NAME` for the service or the cluster; `LIMIT_REACHED`.
   */
  register(request: ServiceRequest, spec: InstanceSpec): void {
    checkInstance(spec);
    this.#register(request, spec);
  }

  /**
   * Replaces an instance that must exist, in any cluster; a port of 0 matches any (Java clients,
   * `http-api.md` 2.1.3).
   *
   * @throws {@link NacreError} as `register` does; `SERVICE_NOT_FOUND`; `INSTANCE_NOT_FOUND`.
   */
  update(request: ServiceRequest, spec: InstanceSpec): void {
    const { namespaceId, serviceName } = request;
    checkInstance(spec);
    const service = this.services.get(namespaceId, serviceName);
    if (service === undefined) {
      throw new NacreError(
        "SERVICE_NOT_FOUND",
        `service not found, namespace: ${namespaceId}, service: ${serviceName}`,
      );
    }
    if (!service.instances.some((instance) => isMeant(instance, spec))) {
      throw new NacreError("INSTANCE_NOT_FOUND", `instance not exist: ${describeInstance(spec)}`);
    }
    this.#register(request, spec);
  }

  /**
   * Changes some fields of an instance (`http-api.md` 2.1.4).
   *
   * @throws {@link NacreError} `INSTANCE_UNKNOWN` when there is none; `INVALID_INSTANCE`.
   */
  patch(request: ServiceRequest, address: InstanceAddress, patch: InstancePatch): void {
    const lease = this.leaseOf(request, address);
    if (lease === undefined) throw new NacreError("INSTANCE_UNKNOWN", "instance not found");
    const after = patchedInstance(lease.instance, patch);
    this.#replace(lease, after, "updated", `by ${request.by}`);
    this.#beats.touch(lease);
  }

  /**
   * Removes an instance; nothing happens when it is not there (`http-api.md` 2.1.2). An unknown
   * cluster comes into being, as in Nacos.
   *
   * @throws {@link NacreError} `INVALID_NAME` for the cluster.
   */
  deregister(request: ServiceRequest, address: InstanceAddress, ephemeral: boolean): void {
    const service = this.services.get(request.namespaceId, request.serviceName);
    if (service === undefined) return;
    service.ensureCluster(address.clusterName);
    const { ip, port, clusterName } = address;
    const before = service.leases.get(instanceKey(ip, port, clusterName))?.instance;
    if (before === undefined || !ephemeral) return;
    const cause = { kind: "deregistered", detail: `by ${request.by}` } as const;
    this.#write(service, [{ before, cause }]);
  }

  /**
   * Takes a beat (`http-api.md` 2.1.5). Without `spec` it is a light one.
   *
   * @throws {@link NacreError} as `register` does for names and limits, when it is made again.
   */
  beat(request: ServiceRequest, address: InstanceAddress, spec?: BeatSpec): BeatAnswer {
    let lease = this.leaseOf(request, address);
    if (lease === undefined) {
      if (spec === undefined) return { isKnown: false, intervalMs: undefined };
      lease = this.#registerFromBeat(request, address, spec);
      if (lease === undefined) return { isKnown: true, intervalMs: undefined };
    }
    this.#beatCount++;
    this.#beats.touch(lease);
    lease.hasBeaten = true;
    const { instance } = lease;
    if (!instance.healthy && !instance.marked) {
      this.#replace(lease, { ...instance, healthy: true }, "beat again", `from ${request.by}`);
    }
    return { isKnown: true, intervalMs: lease.intervalMs };
  }

  /** The lease of an instance, if there is such an instance. */
  leaseOf(request: Omit<ServiceRequest, "by">, address: InstanceAddress): Lease | undefined {
    const service = this.services.get(request.namespaceId, request.serviceName);
    const { ip, port, clusterName } = address;
    const lease = service?.leases.get(instanceKey(ip, port, clusterName));
    // Ports below 1 share a key, yet they are not the same.
    return lease?.instance.port === port ? lease : undefined;
  }

  /** Replaces instances of a service, each by what `edit` makes of it. */
  edit(
    service: Service,
    instances: readonly Instance[],
    edit: (instance: Instance) => Instance,
    cause: Cause,
  ): void {
    const changes = instances.map((before) => ({ before, after: edit(before), cause }));
    this.#write(service, changes);
  }

  /** Removes a service with all its instances. */
  removeService(service: Service, cause: Cause): void {
    const changes = service.instances.map((before) => ({ before, cause }));
    this.#write(service, changes);
    this.#consistency.remove(service.key);
  }

  /** Tells whoever must know that clients see something else of a service now. */
  announce(service: Service): void {
    this.#onChange(service);
  }

  /** When an instance last beat or was registered, milliseconds since the epoch. */
  lastBeatEpochMs(lease: Lease): Millis {
    return Math.round(this.#clock.epochMs() - (this.livedTime.nowMs() - lease.lastBeatMs));
  }

  /** Looks for instances that fell silent. Call it every `sweepIntervalMs`. */
  check(): void {
    this.#beats.check();
  }

  /**
   * Removes services that have been empty for some rounds (`http-api.md` 4.9). Call it every half
   * minute or so.
   */
  cleanEmptyServices(): void {
    for (const service of this.services.all()) {
      if (service.instances.length > 0) service.emptyRounds = 0;
      else if (service.emptyRounds++ > EMPTY_ROUNDS_MAX) this.#consistency.remove(service.key);
    }
  }

  /** Stops work that is under way. */
  stop(): void {
    this.#beats.stop();
  }

  #register(request: ServiceRequest, spec: InstanceSpec): Lease | undefined {
    if (!spec.ephemeral) {
      throw new NacreError(
        "PERSISTENT_UNSUPPORTED",
        "persistent instances are not supported by this version, register with ephemeral=true",
      );
    }
    const { namespaceId, serviceName } = request;
    const key = instanceKey(spec.ip, spec.port, spec.clusterName);
    const before = this.services.get(namespaceId, serviceName)?.leases.get(key)?.instance;
    if (before === undefined) this.#checkRoom();
    const service = this.services.ensure(namespaceId, serviceName);
    service.ensureCluster(spec.clusterName);
    const after = registeredInstance(spec, before, service);
    const kind = before === undefined ? "registered" : "updated";
    this.#write(service, [{ before, after, cause: { kind, detail: `by ${request.by}` } }]);
    const lease = service.leases.get(key);
    if (lease !== undefined && before !== undefined) this.#beats.touch(lease);
    return lease;
  }

  #registerFromBeat(
    request: ServiceRequest,
    { port, clusterName }: InstanceAddress,
    { ip, ...spec }: BeatSpec,
  ): Lease | undefined {
    if (ip === null) {
      this.services.ensure(request.namespaceId, request.serviceName).ensureCluster(clusterName);
      return undefined;
    }
    const made = { healthy: true, enabled: true, app: null };
    return this.#register(request, { ...spec, ...made, ip, port, clusterName });
  }

  #checkRoom(): void {
    if (this.instanceCount < this.#instancesMax) return;
    throw new NacreError(
      "LIMIT_REACHED",
      `${this.instanceCount} instances exist, no more are allowed`,
    );
  }

  // Each service once, however many of its instances fell silent.
  #writeAll(
    silent: readonly SilentLease[],
    kind: CauseKind,
    afterOf: (before: Instance) => Instance | undefined,
  ): void {
    const changes = new Map<Service, InstanceChange[]>();
    for (const { lease, silenceMs } of silent) {
      const { service, instance: before } = lease;
      const cause = { kind, detail: silence(silenceMs) };
      const change = { before, after: afterOf(before), cause };
      const others = changes.get(service);
      if (others === undefined) changes.set(service, [change]);
      else others.push(change);
    }
    for (const [service, ofService] of changes) this.#write(service, ofService);
  }

  #replace(lease: Lease, after: Instance, kind: CauseKind, detail: string): void {
    this.#write(lease.service, [{ before: lease.instance, after, cause: { kind, detail } }]);
  }

  // Every local write passes here. One that changes nothing is none: nobody needs to hear of it.
  #write(service: Service, changes: readonly InstanceChange[]): void {
    const real = changes.filter(
      ({ before, after }) =>
        before === undefined || after === undefined || !isSameInstance(before, after),
    );
    if (real.length === 0) return;
    this.#consistency.put(service.key, real);
  }

  // Every change of the registry passes here, also those that peers cause.
  #take(datum: Datum, changes: readonly InstanceChange[]): void {
    const { namespaceId, groupedServiceName } = parseDatumKey(datum.key);
    const service = this.services.ensure(namespaceId, groupedServiceName);
    service.takeInstances(datum);
    for (const change of changes) this.#follow(service, change);
    this.#onChange(service);
  }

  #follow(service: Service, { before, after, cause }: InstanceChange): void {
    const subject = after ?? before;
    if (subject === undefined) return;
    this.#changeCount++;
    this.#note(service, subject, cause.kind, cause.detail);
    const key = instanceKeyOf(subject);
    const lease = service.leases.get(key);
    if (after === undefined) {
      if (lease === undefined) return;
      service.leases.delete(key);
      this.#beats.forget(lease);
    } else if (lease === undefined) {
      // Clients' writes have made the cluster already; data of peers come without.
      if (service.clusterNamed(after.clusterName) === undefined) {
        service.putCluster(defaultCluster(after.clusterName));
      }
      const created = new Lease(service, after, this.livedTime.nowMs());
      service.leases.set(key, created);
      this.#beats.watch(created);
    } else {
      lease.instance = after;
      this.#beats.replace(lease);
    }
  }

  #drop(key: DatumKey): void {
    const { namespaceId, groupedServiceName } = parseDatumKey(key);
    const service = this.services.get(namespaceId, groupedServiceName);
    if (service === undefined) return;
    for (const lease of service.leases.values()) this.#beats.forget(lease);
    service.leases.clear();
    this.services.delete(service);
    this.#onChange(service);
  }

  #note(service: Service, instance: Instance, cause: CauseKind, detail: string): void {
    const { namespaceId, name: serviceName } = service;
    const { clusterName, ip, port } = instance;
    const atMs = this.#clock.epochMs();
    this.history.add({ atMs, namespaceId, serviceName, clusterName, ip, port, cause, detail });
  }
}

const EMPTY_ROUNDS_MAX = 3;

function unhealthy(instance: Instance): Instance {
  return { ...instance, healthy: false };
}

function silence(silenceMs: Millis): string {
  return `no beat for ${(silenceMs / 1_000).toFixed(1)} s`;
}
