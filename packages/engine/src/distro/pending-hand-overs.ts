import {
  type Address,
  type DatumKey,
  type HandOver,
  type Instance,
  type InstanceKey,
  instanceKeyOf,
  type Logger,
  NacreError,
  parseDatumKey,
  type Transport,
} from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import type { DistroData } from "./distro-data.ts";

/** What {@link PendingHandOvers} need from their surroundings. */
export interface PendingHandOversDependencies {
  readonly logger: Logger;
  readonly transport: Pick<Transport, "handOver">;
  readonly data: Pick<DistroData, "get">;
  readonly membership: Pick<Membership, "member" | "memberFor" | "noteAnswer" | "noteFailure">;
}

/** The limits of {@link PendingHandOvers}. */
export interface PendingHandOversOptions {
  /**
   * How many may wait. Further ones are dropped: what the peer says of these instances counts then.
   *
   * @defaultValue 10_000
   */
  readonly pendingMax?: number;

  /**
   * How often a peer may refuse one before it is dropped.
   *
   * @defaultValue 10
   */
  readonly refusalsMax?: number;
}

interface Pending {
  /** As it was when it was written here; for one that is gone now. */
  readonly instance: Instance;
  refusalCount: number;
}

/** What became of an attempt; after `done` it is settled, one way or the other. */
type Outcome = "done" | "refused" | "unreachable";

type PendingOfPeer = Map<DatumKey, Map<InstanceKey, Pending>>;

/**
 * Writes that were decided here although a Java peer is responsible, since it could not be asked. It is
 * told of them as soon as it is up again, as if a client came, and of the newest state. Until then they
 * outlast what it says.
 */
export class PendingHandOvers {
  readonly #logger: Logger;
  readonly #transport: PendingHandOversDependencies["transport"];
  readonly #data: PendingHandOversDependencies["data"];
  readonly #membership: PendingHandOversDependencies["membership"];
  readonly #options: Required<PendingHandOversOptions>;
  readonly #byPeer = new Map<Address, PendingOfPeer>();
  readonly #busy = new Set<Address>();
  #isStopped = false;
  #size = 0;
  #handedOverCount = 0;
  #droppedCount = 0;

  constructor(
    { logger, transport, data, membership }: PendingHandOversDependencies,
    { pendingMax = 10_000, refusalsMax = 10 }: PendingHandOversOptions = {},
  ) {
    this.#logger = logger;
    this.#transport = transport;
    this.#data = data;
    this.#membership = membership;
    this.#options = { pendingMax, refusalsMax };
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** How many were handed over. */
  get handedOverCount(): number {
    return this.#handedOverCount;
  }

  /** How many were dropped: no room, refused too often, or the peer is not responsible any more. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Notes that `instance` was written here, or removed, and that `peer` must hear of it. */
  note(peer: Address, key: DatumKey, instance: Instance): void {
    const instanceKey = instanceKeyOf(instance);
    const ofKey = this.#byPeer.get(peer)?.get(key);
    if (ofKey?.has(instanceKey) !== true) {
      if (this.#size >= this.#options.pendingMax) {
        this.#droppedCount++;
        return;
      }
      this.#size++;
    }
    const pending = { instance, refusalCount: 0 };
    if (ofKey !== undefined) ofKey.set(instanceKey, pending);
    else {
      const ofPeer: PendingOfPeer = this.#byPeer.get(peer) ?? new Map();
      this.#byPeer.set(peer, ofPeer.set(key, new Map([[instanceKey, pending]])));
    }
  }

  /** Whether a write of this instance is still to be handed over. */
  isKept(key: DatumKey, instanceKey: InstanceKey): boolean {
    for (const ofPeer of this.#byPeer.values()) {
      if (ofPeer.get(key)?.has(instanceKey) === true) return true;
    }
    return false;
  }

  /** A job, every 2 s: hands over to each peer that is up. Waits for none. */
  handOver(): void {
    if (this.#isStopped) return;
    for (const [peer, ofPeer] of this.#byPeer) {
      const { kind, state } = this.#membership.member(peer) ?? { kind: "nacre" };
      // A Nacre peer hears of everything anyway, and who left is not responsible.
      if (kind === "nacre") for (const key of ofPeer.keys()) this.#dropAll(peer, key);
      else if (kind === "java" && state === "UP" && !this.#busy.has(peer)) {
        this.#busy.add(peer);
        void this.#handOverTo(peer, ofPeer); // never rejects
      }
    }
  }

  /** Drops all that waits. */
  clear(): void {
    this.#droppedCount += this.#size;
    this.#size = 0;
    // Also for whoever is on its way through them.
    for (const ofPeer of this.#byPeer.values()) {
      for (const ofKey of ofPeer.values()) ofKey.clear();
      ofPeer.clear();
    }
    this.#byPeer.clear();
  }

  /** Hands nothing over any more. Final. */
  stop(): void {
    this.#isStopped = true;
  }

  async #handOverTo(peer: Address, ofPeer: PendingOfPeer): Promise<void> {
    for (const [key, ofKey] of ofPeer) {
      const isResponsible =
        this.#membership.memberFor(parseDatumKey(key).groupedServiceName) === peer;
      if (!isResponsible) this.#dropAll(peer, key);
      for (const [instanceKey, pending] of isResponsible ? ofKey : []) {
        const outcome = await this.#attempt(peer, key, pending);
        if (this.#isStopped || outcome === "unreachable") return void this.#busy.delete(peer);
        // What was written anew meanwhile is still to be told.
        const isNewest = ofKey.get(instanceKey) === pending;
        if (outcome === "done" && isNewest) this.#drop(peer, key, instanceKey);
      }
    }
    this.#busy.delete(peer);
  }

  async #attempt(peer: Address, key: DatumKey, pending: Pending): Promise<Outcome> {
    try {
      await this.#transport.handOver(peer, this.#newest(key, pending));
    } catch (error) {
      this.#membership.noteFailure(peer, error);
      return this.#outcomeOf(error, { peer, datumKey: key }, pending);
    }
    this.#handedOverCount++;
    this.#membership.noteAnswer(peer);
    return "done";
  }

  #outcomeOf(
    error: unknown,
    where: { readonly peer: Address; readonly datumKey: DatumKey },
    pending: Pending,
  ): Outcome {
    const fields = { ...where, err: error };
    if (!(error instanceof NacreError) || error.code !== "PEER_REFUSED") {
      this.#logger.debug(fields, "a write could not be handed over, it will be tried again");
      return "unreachable";
    }
    pending.refusalCount++;
    if (pending.refusalCount < this.#options.refusalsMax) return "refused";
    this.#droppedCount++;
    this.#logger.warn(fields, "a peer refuses a write, it is not handed over");
    return "done";
  }

  #newest(key: DatumKey, { instance: noted }: Pending): HandOver {
    const instanceKey = instanceKeyOf(noted);
    const instances = this.#data.get(key)?.instances ?? [];
    const instance = instances.find((one) => instanceKeyOf(one) === instanceKey);
    if (instance === undefined) return { key, instance: noted, kind: "deregister" };
    return { key, instance, kind: "register" };
  }

  #dropAll(peer: Address, key: DatumKey): void {
    const instanceKeys = this.#byPeer.get(peer)?.get(key)?.keys() ?? [];
    for (const instanceKey of instanceKeys) {
      this.#drop(peer, key, instanceKey);
      this.#droppedCount++;
    }
  }

  #drop(peer: Address, key: DatumKey, instanceKey: InstanceKey): void {
    const ofPeer = this.#byPeer.get(peer);
    const ofKey = ofPeer?.get(key);
    if (ofKey?.delete(instanceKey) === true) this.#size--;
    if (ofKey?.size === 0) ofPeer?.delete(key);
    if (ofPeer?.size === 0) this.#byPeer.delete(peer);
  }
}
