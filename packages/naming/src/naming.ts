import {
  type Cause,
  type CauseKind,
  type Clock,
  type ConsistencyService,
  datumKey,
  definitionKey,
  type Instance,
  type InstanceChange,
  instanceKey,
  type Millis,
  NacreError,
  type Responsibility,
  soleResponsibility,
  type Version,
} from "@nacre/core";
import { BeatChecker, type SilentLease } from "./beat-checker.ts";
import { emptyServices } from "./empty-services.ts";
import { ExpiryBrake } from "./expiry-brake.ts";
import { History } from "./history.ts";
import {
  checkInstance,
  describeInstance,
  goner,
  type InstanceSpec,
  isMeant,
  patchedInstance,
  realChanges,
  registeredInstance,
} from "./instance-edits.ts";
import type { Lease } from "./lease.ts";
import { LivedTime } from "./lived-time.ts";
import type { NamingDependencies, NamingOptions } from "./naming-options.ts";
import { RegistryListener } from "./registry-listener.ts";
import type { Service } from "./service.ts";
import { formatDefinition, type FullDefinition } from "./service-definition.ts";
import { ServiceIndex } from "./service-index.ts";
import type {
  BeatAnswer,
  BeatSpec,
  InstanceAddress,
  InstancePatch,
  ServiceRequest,
} from "./service-request.ts";
import { silenceChanges, turnedUnhealthy } from "./silence-changes.ts";

/**
 * The registry of one member, as its clients write to it: registrations, beats, deregistrations,
 * and what follows from their absence.
 *
 * Every write ends in `ConsistencyService.put`. What stands then, {@link RegistryListener} takes over,
 * whoever caused it.
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
  readonly #responsibility: Responsibility;
  readonly #beats: BeatChecker;
  readonly #listener: RegistryListener;
  readonly #onBeat: (lease: Lease) => void;
  readonly #isServing: () => boolean;
  readonly #instancesMax: number;
  #beatCount = 0;

  constructor({ clock, logger, consistency }: NamingDependencies, options: NamingOptions = {}) {
    const { responsibility = soleResponsibility, instancesMax = 1_000_000 } = options;
    const { sweepIntervalMs = 500, pauseToleranceMs = 500, expireInstances = true } = options;
    this.#clock = clock;
    this.#consistency = consistency;
    this.#responsibility = responsibility;
    this.#onBeat = options.onBeat ?? (() => undefined);
    this.#isServing = options.isServing ?? (() => true);
    this.#instancesMax = instancesMax;
    this.services = new ServiceIndex({
      servicesMax: options.servicesMax ?? 500_000,
      isOurs: (name) => responsibility.isResponsible(name),
    });
    this.history = new History({ entriesMax: options.historyMax ?? 50_000 });
    this.livedTime = new LivedTime(
      { clock, logger },
      { intervalMs: sweepIntervalMs, toleranceMs: pauseToleranceMs },
    );
    this.#beats = new BeatChecker(
      { clock, livedTime: this.livedTime, logger, brake: new ExpiryBrake(options.brake) },
      {
        slotMs: sweepIntervalMs,
        expireInstances,
        onSilent: (silent) => this.#writeAll(silent, "beats stopped", turnedUnhealthy),
        onExpired: (silent) => this.#writeAll(silent, "expired", () => undefined),
        onHeld: (silent) => this.#listener.noteHeld(silent),
      },
    );
    const { livedTime, services, history } = this;
    this.#listener = new RegistryListener(
      { clock, livedTime, logger, consistency, services, history, beats: this.#beats },
      {
        instancesMax,
        onChange: options.onChange ?? (() => undefined),
        onBeatAgain: (lease) => this.#revive(lease, "told by a peer"),
      },
    );
    consistency.listen(this.#listener);
  }

  /** How many instances there are. */
  get instanceCount(): number {
    return this.#beats.size;
  }

  /** For how many services this member is responsible; counted when asked for. */
  get responsibleServiceCount(): number {
    return this.services.ourSize;
  }

  /** How many instances these have. */
  get responsibleInstanceCount(): number {
    return this.#beats.ourSize;
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
    return this.#listener.changeCount;
  }

  /** How many services, clusters and definitions that peers told of were not taken since the start. */
  get refusedCount(): number {
    return this.#listener.refusedCount;
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
    this.#replace(
      lease,
      after,
      { kind: "updated", detail: `by ${request.by}` },
      request.acceptedAs,
    );
    this.#beats.touch(lease);
  }

  /**
   * Removes an instance (`http-api.md` 2.1.2). An unknown cluster of a known service comes into being.
   * In a cluster of members also one that is unknown here: a peer may know it, and must hear of this.
   * @throws {@link NacreError} `INVALID_NAME` for the cluster.
   */
  deregister(request: ServiceRequest, address: InstanceAddress, ephemeral: boolean): void {
    const { namespaceId, serviceName, by, acceptedAs } = request;
    const service = this.services.get(namespaceId, serviceName);
    service?.ensureCluster(address.clusterName);
    const known = this.leaseOf(request, address)?.instance;
    const isShared = this.#responsibility !== soleResponsibility;
    const mayExist = isShared && this.services.isLegal(namespaceId, serviceName);
    const before = known ?? (mayExist ? goner(address) : undefined);
    if (before === undefined || !ephemeral) return;
    const cause = { kind: "deregistered", detail: `by ${by}` } as const;
    this.#consistency.put(datumKey(namespaceId, serviceName), [{ before, cause }], acceptedAs);
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
    this.renew(lease, request);
    return { isKnown: true, intervalMs: lease.intervalMs };
  }

  /**
   * Takes a beat of an instance that {@link leaseOf} has found. `lease.instance.healthy` tells before
   * whether it will only be noted, or is a write.
   */
  renew(lease: Lease, request: Pick<ServiceRequest, "by">): void {
    this.#beatCount++;
    lease.hasBeaten = true;
    this.#hear(lease);
    const { healthy, marked } = lease.instance;
    if (!healthy && !marked) this.#revive(lease, `from ${request.by}`);
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
    acceptedAs?: Version,
  ): void {
    const changes = instances.map((before) => ({ before, after: edit(before), cause }));
    this.#write(service, changes, acceptedAs);
  }

  /**
   * Says what a service is, here and at all Nacre peers; makes it when it is not there.
   *
   * @throws {@link NacreError} `INVALID_NAME`; `LIMIT_REACHED` for the services or for the length.
   */
  define({ namespaceId, name }: Pick<Service, "namespaceId" | "name">, as: FullDefinition): void {
    this.services.check(namespaceId, name);
    this.#consistency.putValue(definitionKey(namespaceId, name), formatDefinition(as));
  }

  /** Removes a service with all its instances, and what was said of it. */
  removeService(service: Service, cause: Cause, acceptedAs?: Version): void {
    const changes = service.instances.map((before) => ({ before, cause }));
    this.#write(service, changes, acceptedAs);
    this.#removeEmpty(service);
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
   * Removes services that have been empty for some rounds (`http-api.md` 4.9), whoever is responsible.
   * Call it every half minute or so.
   */
  cleanEmptyServices(): void {
    if (!this.#isServing()) return;
    for (const service of emptyServices(this.services.all())) this.#removeEmpty(service);
  }

  /**
   * Begins and ends deciding for services, as responsibility has it now. Call it whenever that may have
   * changed. Instances of a service that is newly ours have a whole time-out before their silence is
   * judged.
   */
  regardResponsibility(): void {
    for (const service of this.services.all()) {
      if (this.#responsibility.isResponsible(service.name)) this.#beats.gain(service);
      else this.#beats.lose(service);
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
    const cause = { kind, detail: `by ${request.by}` } as const;
    this.#write(service, [{ before, after, cause }], request.acceptedAs);
    const lease = service.leases.get(key);
    if (lease !== undefined) this.#hear(lease);
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

  #hear(lease: Lease): void {
    this.#beats.touch(lease);
    lease.evidenceMs = this.livedTime.clockMs;
    this.#onBeat(lease);
  }

  #revive(lease: Lease, detail: string): void {
    this.#replace(lease, { ...lease.instance, healthy: true }, { kind: "beat again", detail });
  }

  #writeAll(
    silent: readonly SilentLease[],
    kind: CauseKind,
    afterOf: (before: Instance) => Instance | undefined,
  ): void {
    const changes = silenceChanges(silent, kind, afterOf);
    for (const [service, ofService] of changes) this.#write(service, ofService);
  }

  #replace(lease: Lease, after: Instance, cause: Cause, acceptedAs?: Version): void {
    this.#write(lease.service, [{ before: lease.instance, after, cause }], acceptedAs);
  }

  // Every local write passes here. Of a member alone, one that changes nothing is none.
  #write(service: Service, changes: readonly InstanceChange[], acceptedAs?: Version): void {
    // With others it is one: they may have removed meanwhile what stands here, and the version of a
    // write is what tells that this came later.
    const real = this.#responsibility === soleResponsibility ? realChanges(changes) : changes;
    if (real.length > 0) this.#consistency.put(service.key, real, acceptedAs);
  }

  // Members keep an empty service as long as something is said of it.
  #removeEmpty({ isDefined, key, namespaceId, name }: Service): void {
    if (isDefined) this.#consistency.putValue(definitionKey(namespaceId, name), undefined);
    else this.#consistency.remove(key);
  }
}
