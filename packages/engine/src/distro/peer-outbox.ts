import type {
  Address,
  Cancel,
  Clock,
  DatumCopy,
  DatumKey,
  Logger,
  Member,
  Millis,
  Transport,
  ValueDatum,
} from "@nacre/core";
import { isDatumKey, isNacreWithinReach, NacreError, parseDatumKey } from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import type { DistroData } from "./distro-data.ts";

/** What a {@link PeerOutbox} needs from its surroundings. */
export interface PeerOutboxDependencies {
  readonly clock: Clock;

  /** Told at warn when the peer begins to fail, at info when it is well again. */
  readonly logger: Logger;
  readonly transport: Pick<Transport, "sync" | "putData">;

  /** Asked for the newest state when a request is made. */
  readonly data: Pick<DistroData, "copyOf" | "valueOf">;
  readonly membership: Pick<Membership, "member" | "isResponsible" | "noteAnswer" | "noteFailure">;
}

/** The limits of a {@link PeerOutbox}, all of them in {@link PeerOutboxOptions}. */
export interface PeerOutboxLimits {
  /**
   * How many keys may wait for a peer. Beyond that they are dropped; verify finds the difference.
   *
   * @defaultValue 100_000
   */
  readonly keysMax: number;

  /**
   * How many keys one request carries.
   *
   * @defaultValue 1_000
   */
  readonly batchMax: number;

  /**
   * How many instances one request carries, gone ones included; a larger datum travels alone.
   *
   * @defaultValue 5_000
   */
  readonly instancesMax: number;

  /**
   * How long a peer is left alone after a request failed. Doubled by each further failure.
   *
   * @defaultValue 1_000
   */
  readonly retryDelayMs: Millis;

  /**
   * @defaultValue 30_000
   */
  readonly retryDelayMsMax: Millis;
}

/** Whom a {@link PeerOutbox} writes to. */
export interface PeerOutboxOptions extends PeerOutboxLimits {
  readonly peer: Address;

  /** Whom the peer is asked to pass changes on to. */
  readonly relayTo: () => readonly Address[];

  /** Told when a Nacre peer begins to fail, with what it did not get. */
  readonly onFailing: (keys: readonly string[]) => void;
}

/** How the sync to a peer goes. */
export interface SyncStatus {
  /** Keys that wait. */
  readonly queuedCount: number;
  readonly isInFlight: boolean;

  /** When a request last succeeded, in the time of `Clock.nowMs`. */
  readonly lastSyncedMs: Millis | undefined;
  readonly failuresInARow: number;

  /** Requests that succeeded, and the keys in them. */
  readonly requestCount: number;
  readonly sentCount: number;
  readonly failedCount: number;

  /** Keys that were dropped because too many waited. */
  readonly droppedCount: number;
}

interface Batch {
  readonly keys: string[];
  readonly data: DatumCopy[];
  readonly values: ValueDatum[];
  readonly isRelayed: boolean;
  size: number;
}

/**
 * The keys that one peer must hear of. One request is under way at a time, and carries what stands
 * when it leaves: so nothing overtakes anything, and a slow peer costs a set of keys (`distro.md` 11,
 * rows 9, 10 and 26).
 *
 * What fails waits at the end of the queue. A peer that fails is left alone for longer and longer, but
 * a fresh change never waits for more than `retryDelayMs` after the last failure. Nothing is sent to a
 * peer that has not said who it is since it was down, nor to a Java peer that is down. When a peer
 * refuses what it is told, requests get smaller, until the one datum that it cannot take travels alone.
 */
export class PeerOutbox {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: PeerOutboxDependencies["transport"];
  readonly #data: PeerOutboxDependencies["data"];
  readonly #membership: PeerOutboxDependencies["membership"];
  readonly #options: PeerOutboxOptions;

  /** Key → whether it is only passed on for another member. */
  readonly #keys = new Map<string, boolean>();
  #batchMax: number;
  #isStarted = false;
  #isAsked = false;
  #isNacre = false;
  #inFlight: Promise<boolean> | undefined;
  #cancelWake: Cancel | undefined;
  #failedMs: Millis = 0;
  #retryAtMs: Millis = 0;
  #lastSyncedMs: Millis | undefined;
  #failuresInARow = 0;
  #requestCount = 0;
  #sentCount = 0;
  #failedCount = 0;
  #droppedCount = 0;

  constructor(
    { clock, logger, transport, data, membership }: PeerOutboxDependencies,
    options: PeerOutboxOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = transport;
    this.#data = data;
    this.#membership = membership;
    this.#options = options;
    this.#batchMax = options.batchMax;
  }

  /** How the sync to the peer goes. */
  get status(): SyncStatus {
    return {
      queuedCount: this.#keys.size,
      isInFlight: this.#inFlight !== undefined,
      lastSyncedMs: this.#lastSyncedMs,
      failuresInARow: this.#failuresInARow,
      requestCount: this.#requestCount,
      sentCount: this.#sentCount,
      failedCount: this.#failedCount,
      droppedCount: this.#droppedCount,
    };
  }

  /**
   * Whether others should tell the peer in our place: a Nacre peer to whom the last request failed, or
   * that is down for us. Not one that said goodbye.
   */
  get isUnreachable(): boolean {
    const member = this.#member;
    if (member === undefined || !this.#isNacre) return false;
    if (member.state === "DOWN") return member.isReady;
    return this.#failuresInARow > 0;
  }

  /** Sends what waits, and from now on what comes. */
  start(): void {
    this.#isStarted = true;
    this.#ask();
  }

  /** Sends nothing more. What waits is kept; a request under way goes on. */
  stop(): void {
    this.#isStarted = false;
    this.#cancelWake?.();
  }

  /** Lets the peer hear of a key; `isRelayed`: only because another member asked for that. */
  add(key: string, isRelayed: boolean): void {
    const known = this.#keys.get(key);
    if (known === undefined && this.#keys.size >= this.#options.keysMax) {
      this.#droppedCount++;
      return;
    }
    this.#keys.set(key, isRelayed && (known ?? true));
    this.#retryAtMs = Math.min(this.#retryAtMs, this.#failedMs + this.#options.retryDelayMs);
    this.#ask();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#keys.clear();
  }

  /** Looks whether what waits can be sent now: something was learnt of the peer. */
  regard(): void {
    this.#ask();
  }

  /**
   * Sends what waits now, whether started or not, until there is nothing left or a request fails. Never
   * rejects; takes no longer than the transport does.
   */
  async flush(): Promise<void> {
    for (;;) {
      const delivery = this.#inFlight ?? this.#sendNext();
      if (delivery === undefined || !(await delivery)) return;
    }
  }

  // Once a turn, so that the keys of many tasks that are due together leave together.
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      this.#send();
    });
  }

  #send(): void {
    this.#cancelWake?.();
    if (!this.#isStarted || this.#inFlight !== undefined || this.#keys.size === 0) return;
    const waitMs = this.#retryAtMs - this.#clock.nowMs();
    if (waitMs > 0) this.#wakeAfter(waitMs);
    else if (this.#sendNext() === undefined && this.#keys.size > 0) {
      this.#wakeAfter(this.#options.retryDelayMs);
    }
  }

  #wakeAfter(delayMs: Millis): void {
    this.#cancelWake = this.#clock.schedule(delayMs, () => this.#send());
  }

  get #member(): Member | undefined {
    return this.#membership.member(this.#options.peer);
  }

  /** @returns `undefined` when there is nothing to tell, or nobody to tell it to */
  #sendNext(): Promise<boolean> | undefined {
    const member = this.#member;
    if (member === undefined || member.kind === "unknown") return undefined;
    this.#isNacre = isNacreWithinReach(member);
    if (!this.#isNacre && member.state === "DOWN") return undefined;
    while (this.#inFlight === undefined && this.#keys.size > 0) {
      const batch = this.#takeBatch();
      if (batch.keys.length > 0) this.#inFlight = this.#deliver(batch);
    }
    return this.#inFlight;
  }

  #takeBatch(): Batch {
    const [isRelayed = false] = this.#keys.values();
    const batch: Batch = { keys: [], data: [], values: [], isRelayed, size: 0 };
    for (const [key, isKeyRelayed] of this.#keys) {
      if (batch.keys.length >= this.#batchMax) break;
      if (isKeyRelayed !== isRelayed) continue;
      if (!this.#pack(key, batch)) break;
      this.#keys.delete(key);
    }
    return batch;
  }

  /** @returns whether the batch had room */
  #pack(key: string, batch: Batch): boolean {
    const copy = isDatumKey(key) && this.#mayHear(key) ? this.#data.copyOf(key) : undefined;
    const value = this.#isNacre && !isDatumKey(key) ? this.#data.valueOf(key) : undefined;
    if (copy === undefined && value === undefined) return true;
    const size = Math.max(1, (copy?.instances.length ?? 0) + (copy?.gone.length ?? 0));
    if (batch.size > 0 && batch.size + size > this.#options.instancesMax) return false;
    batch.size += size;
    batch.keys.push(key);
    if (copy !== undefined) batch.data.push(copy);
    if (value !== undefined) batch.values.push(value);
    return true;
  }

  // A Java peer takes any list for the truth, so only the responsible member speaks to it.
  #mayHear(key: DatumKey): boolean {
    if (this.#isNacre) return true;
    return this.#membership.isResponsible(parseDatumKey(key).groupedServiceName);
  }

  async #deliver(batch: Batch): Promise<boolean> {
    const isDelivered = await this.#attempt(batch);
    this.#inFlight = undefined;
    this.#send();
    return isDelivered;
  }

  async #attempt(batch: Batch): Promise<boolean> {
    const { peer, relayTo } = this.#options;
    const { data, values, isRelayed } = batch;
    try {
      if (this.#isNacre) {
        await this.#transport.sync(peer, { data, values, relayTo: isRelayed ? [] : relayTo() });
      } else await this.#transport.putData(peer, data);
    } catch (error) {
      this.#noteFailure(batch, error);
      return false;
    }
    this.#noteSuccess(batch);
    return true;
  }

  #noteSuccess({ keys }: Batch): void {
    const { peer, batchMax } = this.#options;
    if (this.#failuresInARow > 0) this.#logger.info({ peer }, "peer takes changes again");
    this.#requestCount++;
    this.#sentCount += keys.length;
    this.#lastSyncedMs = this.#clock.nowMs();
    this.#failuresInARow = 0;
    this.#batchMax = Math.min(this.#batchMax * 2, batchMax);
    this.#membership.noteAnswer(peer);
  }

  #noteFailure({ keys, isRelayed }: Batch, error: unknown): void {
    const { peer, retryDelayMs, retryDelayMsMax, onFailing } = this.#options;
    this.#failedCount++;
    this.#failuresInARow++;
    this.#failedMs = this.#clock.nowMs();
    const delayMs = Math.min(retryDelayMs * 2 ** (this.#failuresInARow - 1), retryDelayMsMax);
    this.#retryAtMs = this.#failedMs + delayMs;
    for (const key of keys) this.#keys.set(key, isRelayed && (this.#keys.get(key) ?? true));
    if (error instanceof NacreError && error.code === "PEER_REFUSED") {
      this.#batchMax = Math.max(1, Math.floor(keys.length / 2));
    }
    const fields = { peer, err: error, keyCount: keys.length, retryAfterMs: delayMs };
    if (this.#failuresInARow > 1) this.#logger.debug(fields, "peer still takes no changes");
    else {
      this.#logger.warn(fields, "peer takes no changes, they will be sent again");
      if (this.#isNacre && !isRelayed) onFailing(keys);
    }
    this.#membership.noteFailure(peer, error);
  }
}
