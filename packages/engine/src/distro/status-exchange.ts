import {
  type Address,
  type Cancel,
  type Clock,
  type DatumKey,
  datumKey,
  type InstanceCopy,
  type Logger,
  type Millis,
  NacreError,
  type ServiceStatus,
  type Transport,
} from "@nacre/core";
import { isToldBy } from "./checksum-comparison.ts";
import { PeerJobs } from "./peer-jobs.ts";
import type { RepairData, RepairMembers } from "./repair-ports.ts";

/** A service as the exchange of status sees it. */
export interface ServiceSum {
  readonly namespaceId: string;

  /** The grouped name. */
  readonly name: string;

  /** See `serviceChecksum`. Read only when it is needed, so it may be computed then. */
  readonly checksum: string;
}

/** What a {@link StatusExchange} is built from. */
export interface StatusExchangeDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Transport;
  readonly data: Pick<RepairData, "get" | "copyOf" | "takeFromResponsible">;
  readonly membership: RepairMembers;

  /** All services that this member serves. */
  readonly servicesOf: () => Iterable<ServiceSum>;
}

/** The limits of a {@link StatusExchange}. */
export interface StatusExchangeOptions {
  /**
   * How long a change of health is held back, so that others go with it.
   *
   * @defaultValue 200
   */
  readonly flipDelayMs?: Millis;

  /**
   * How many services one message names at most.
   *
   * @defaultValue 5_000
   */
  readonly servicesMax?: number;

  /**
   * After how many services of a peer that differ the rest waits for its next message. It is not
   * lost: a change of health shows in the checksum of the data as well.
   *
   * @defaultValue 500
   */
  readonly statusesMax?: number;

  /**
   * How many namespaces of one peer may wait. What is told of further ones is dropped.
   *
   * @defaultValue 1_000
   */
  readonly namespacesMax?: number;
}

const defaults: Required<StatusExchangeOptions> = {
  flipDelayMs: 200,
  servicesMax: 5_000,
  statusesMax: 500,
  namespacesMax: 1_000,
};

/** Which services to tell of. */
type Told = "all" | ReadonlySet<DatumKey>;
type Statuses = ReadonlyMap<string, ServiceStatus>;

/**
 * Exchanges the health of instances with Java peers, the only way by which these learn of changes
 * (`distro.md` 7.6): sums of services first, and for those that differ the health of each instance.
 *
 * Java makes an instance unhealthy that is missing in such an answer. Here it stays as it is, and the
 * comparison of data decides about it.
 */
export class StatusExchange {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: Transport;
  readonly #data: StatusExchangeDependencies["data"];
  readonly #membership: RepairMembers;
  readonly #servicesOf: () => Iterable<ServiceSum>;
  readonly #options: Required<StatusExchangeOptions>;
  readonly #sending: PeerJobs<Told>;
  readonly #asking: PeerJobs<Statuses>;
  #flipped = new Set<DatumKey>();
  #cancelFlips: Cancel | undefined;
  #droppedCount = 0;

  constructor(dependencies: StatusExchangeDependencies, options: StatusExchangeOptions = {}) {
    const { clock, logger, transport, data, membership, servicesOf } = dependencies;
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = transport;
    this.#data = data;
    this.#membership = membership;
    this.#servicesOf = servicesOf;
    this.#options = { ...defaults, ...options };
    this.#sending = new PeerJobs<Told>(
      { logger, membership },
      { name: "send status", work: (peer, told) => this.#tell(peer, told), merge: mergedTold },
    );
    this.#asking = new PeerJobs<Statuses>(
      { logger, membership },
      {
        name: "compare status",
        work: (peer, statuses) => this.#compare(peer, statuses),
        merge: (waiting, newer) => this.#mergedStatuses(waiting, newer),
      },
    );
  }

  /** How many messages of peers were dropped since too many namespaces waited. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Tells every Java peer the sums of all services that are this member's. Every 5 s. */
  send(): void {
    this.#sendToAll("all");
  }

  /** Notes that an instance under this key is healthy or unhealthy now, so that peers hear soon. */
  noteFlip(key: DatumKey): void {
    if (this.#sending.isStopped) return;
    this.#flipped.add(key);
    this.#cancelFlips ??= this.#clock.schedule(this.#options.flipDelayMs, () => this.#sendFlips());
  }

  /** Takes the sums of a Java peer's services, and returns at once. Work begins behind the answer. */
  onServiceStatus(from: Address, status: ServiceStatus): void {
    if (this.#membership.isReady) this.#asking.add(from, new Map([[status.namespaceId, status]]));
  }

  /** Begins nothing any more, and takes nothing over from what is under way. */
  stop(): void {
    this.#cancelFlips?.();
    this.#flipped.clear();
    this.#sending.stop();
    this.#asking.stop();
  }

  #sendFlips(): void {
    const flipped = this.#flipped;
    this.#flipped = new Set();
    this.#cancelFlips = undefined;
    this.#sendToAll(flipped);
  }

  #sendToAll(told: Told): void {
    for (const { kind, address } of this.#membership.peers) {
      if (kind === "java") this.#sending.add(address, told);
    }
  }

  async #tell(peer: Address, told: Told): Promise<void> {
    for (const status of this.#ownStatuses(told)) {
      if (this.#isOver()) return;
      await this.#transport.serviceStatus(peer, status);
    }
  }

  /** As Java, leaves out what has no instances. */
  #ownStatuses(told: Told): readonly ServiceStatus[] {
    const byNamespace = new Map<string, [string, string][]>();
    for (const service of this.#servicesOf()) {
      const { namespaceId, name } = service;
      const key = datumKey(namespaceId, name);
      if (told !== "all" && !told.has(key)) continue;
      if (!this.#membership.isResponsible(name) || !this.#hasInstances(key)) continue;
      const sums = byNamespace.get(namespaceId) ?? [];
      sums.push([name, service.checksum]);
      byNamespace.set(namespaceId, sums);
    }
    return [...byNamespace].flatMap(([namespaceId, sums]) => this.#messagesOf(namespaceId, sums));
  }

  #messagesOf(namespaceId: string, sums: readonly [string, string][]): readonly ServiceStatus[] {
    const { servicesMax } = this.#options;
    const count = Math.ceil(sums.length / servicesMax);
    return Array.from({ length: count }, (_, at) => {
      const checksums = new Map(sums.slice(at * servicesMax, (at + 1) * servicesMax));
      return { namespaceId, checksums };
    });
  }

  #hasInstances(key: DatumKey): boolean {
    return (this.#data.get(key)?.instances.length ?? 0) > 0;
  }

  // A peer sends one message per namespace, so the newest of each counts.
  #mergedStatuses(waiting: Statuses, newer: Statuses): Statuses {
    const merged = new Map(waiting);
    for (const [namespaceId, status] of newer) {
      const hasRoom = merged.size < this.#options.namespacesMax || merged.has(namespaceId);
      if (hasRoom) merged.set(namespaceId, status);
      else this.#droppedCount++;
    }
    return merged;
  }

  async #compare(from: Address, statuses: Statuses): Promise<void> {
    for (const key of this.#differing(from, statuses)) {
      if (this.#isOver()) return;
      const healthByAddress = await this.#ask(from, key);
      if (healthByAddress !== undefined) this.#take(from, key, healthByAddress);
    }
  }

  // A service that is gone there meanwhile is no reason to leave out the others.
  async #ask(from: Address, key: DatumKey): Promise<ReadonlyMap<string, boolean> | undefined> {
    try {
      return await this.#transport.statuses(from, key);
    } catch (error) {
      if (!(error instanceof NacreError) || error.code !== "PEER_REFUSED") throw error;
      this.#logger.debug({ datumKey: key, peer: from, err: error }, "a peer tells no health");
      return undefined;
    }
  }

  #differing(from: Address, statuses: Statuses): readonly DatumKey[] {
    const differing: DatumKey[] = [];
    for (const service of this.#servicesOf()) {
      const { namespaceId, name } = service;
      const theirs = statuses.get(namespaceId)?.checksums.get(name);
      if (theirs === undefined) continue;
      const key = datumKey(namespaceId, name);
      if (!isToldBy(from, key, { membership: this.#membership })) continue;
      if (service.checksum !== theirs) differing.push(key);
      if (differing.length >= this.#options.statusesMax) break;
    }
    return differing;
  }

  #take(from: Address, key: DatumKey, healthByAddress: ReadonlyMap<string, boolean>): void {
    const copy = this.#data.copyOf(key);
    const isTold = isToldBy(from, key, { membership: this.#membership });
    if (this.#isOver() || copy === undefined || !isTold) return;
    const instances = copy.instances.map((ours) => withHealth(ours, healthByAddress));
    this.#data.takeFromResponsible({ key, instances, gone: [] }, "synced", `health from ${from}`);
  }

  #isOver(): boolean {
    return this.#sending.isStopped || !this.#membership.isReady;
  }
}

function mergedTold(waiting: Told, newer: Told): Told {
  if (waiting === "all" || newer === "all") return "all";
  return new Set([...waiting, ...newer]);
}

function withHealth(
  copy: InstanceCopy,
  healthByAddress: ReadonlyMap<string, boolean>,
): InstanceCopy {
  const { instance } = copy;
  const healthy = healthByAddress.get(`${instance.ip}:${instance.port}`) ?? instance.healthy;
  return healthy === instance.healthy ? copy : { ...copy, instance: { ...instance, healthy } };
}
