import {
  type Address,
  type Clock,
  isNacreWithinReach,
  type Logger,
  type Millis,
  NacreError,
  type Transport,
} from "@nacre/core";
import { DelayTaskEngine } from "../delay-task-engine.ts";
import type { Membership } from "../membership/membership.ts";
import type { DistroData } from "./distro-data.ts";
import { PeerOutbox, type PeerOutboxLimits, type SyncStatus } from "./peer-outbox.ts";

/** What a {@link PeerSync} needs from its surroundings. */
export interface PeerSyncDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Pick<Transport, "sync" | "putData">;
  readonly data: Pick<DistroData, "copyOf" | "valueOf">;
  readonly membership: Pick<
    Membership,
    "self" | "peers" | "member" | "isResponsible" | "noteAnswer" | "noteFailure"
  >;
}

/** How a {@link PeerSync} holds changes back, and its limits. */
export interface PeerSyncOptions extends Partial<PeerOutboxLimits> {
  /**
   * How long a change is held back, so that several leave as one.
   *
   * @defaultValue 20
   */
  readonly delayMs?: Millis;

  /**
   * How many changes may be held back at once, counted per peer. Beyond that they are dropped; verify
   * finds the difference.
   *
   * @defaultValue 200_000
   */
  readonly tasksMax?: number;
}

interface SyncTask {
  readonly peer: Address;
  readonly key: string;
  readonly isRelayed: boolean;
}

/** How a peer that was never written to stands. */
const idleStatus: SyncStatus = {
  queuedCount: 0,
  isInFlight: false,
  lastSyncedMs: undefined,
  failuresInARow: 0,
  requestCount: 0,
  sentCount: 0,
  failedCount: 0,
  droppedCount: 0,
};

/**
 * Tells peers what changed here: one task per peer and key, held back for a moment, and then an outbox
 * per peer (`protocol.md`, Writes). A peer that is slow, sick or gone holds up no other.
 *
 * What arrived from a peer is told to nobody: its origin tells all. What a peer cannot be told, another
 * Nacre peer is asked to pass on.
 */
export class PeerSync {
  readonly #dependencies: PeerSyncDependencies;
  readonly #membership: PeerSyncDependencies["membership"];
  readonly #delayMs: Millis;
  readonly #limits: PeerOutboxLimits;
  readonly #delays: DelayTaskEngine<SyncTask>;
  readonly #outboxes = new Map<Address, PeerOutbox>();
  #isStarted = false;

  constructor(dependencies: PeerSyncDependencies, options: PeerSyncOptions = {}) {
    const { delayMs = 20, tasksMax = 200_000, ...limits } = options;
    const { clock, logger, membership } = dependencies;
    this.#dependencies = dependencies;
    this.#membership = membership;
    this.#delayMs = delayMs;
    this.#limits = {
      keysMax: 100_000,
      batchMax: 1_000,
      instancesMax: 5_000,
      retryDelayMs: 1_000,
      retryDelayMsMax: 30_000,
      ...limits,
    };
    this.#delays = new DelayTaskEngine<SyncTask>(
      { clock, logger },
      {
        tasksMax,
        merge: (older, newer) => (newer.isRelayed ? older : newer),
        process: (_, { peer, key, isRelayed }) => this.#outboxOf(peer)?.add(key, isRelayed),
      },
    );
  }

  /** How many changes are held back, counted per peer. */
  get heldBackCount(): number {
    return this.#delays.size;
  }

  /** How many keys wait for their peers. */
  get queuedCount(): number {
    return this.#sumOf(({ queuedCount }) => queuedCount);
  }

  /** How many keys were sent to peers that are listed now. */
  get sentCount(): number {
    return this.#sumOf(({ sentCount }) => sentCount);
  }

  /** How many requests to these peers succeeded. */
  get requestCount(): number {
    return this.#sumOf(({ requestCount }) => requestCount);
  }

  /** How many requests to these peers failed. */
  get failedCount(): number {
    return this.#sumOf(({ failedCount }) => failedCount);
  }

  /** How many changes were dropped because too many waited. */
  get droppedCount(): number {
    return this.#delays.refusedCount + this.#sumOf(({ droppedCount }) => droppedCount);
  }

  /** How the sync to a peer goes. */
  statusOf(peer: Address): SyncStatus {
    return this.#outboxes.get(peer)?.status ?? idleStatus;
  }

  /** Begins to send, first what was added before. */
  start(): void {
    this.#isStarted = true;
    this.#delays.start();
    for (const outbox of this.#outboxes.values()) outbox.start();
  }

  /** Sends nothing more. What waits is kept, for `flush` or the next `start`. */
  stop(): void {
    this.#isStarted = false;
    this.#delays.stop();
    for (const outbox of this.#outboxes.values()) outbox.stop();
  }

  /** Lets peers hear of a datum, also of another kind; all peers, if none are named. */
  add(key: string, peers?: readonly Address[]): void {
    if (peers === undefined) {
      for (const { address } of this.#membership.peers) this.#hold(address, key, false);
    } else for (const peer of peers) this.#hold(peer, key, false);
  }

  /**
   * Passes a datum on to Nacre peers that another member cannot reach; to those among `peers` that can
   * be reached from here. They are not asked to pass it on in turn.
   */
  relay(key: string, peers: readonly Address[]): void {
    for (const peer of peers) {
      const member = this.#membership.member(peer);
      if (member !== undefined && isNacreWithinReach(member)) this.#hold(peer, key, true);
    }
  }

  /** Forgets what a peer has not heard of yet, because it asks for everything now. */
  forgetWaiting(peer: Address): void {
    this.#outboxes.get(peer)?.clear();
  }

  /** The members changed: forgets those that left, and looks who can be written to now. */
  regardMembers(): void {
    for (const [peer, outbox] of this.#outboxes) {
      if (this.#membership.member(peer) !== undefined) outbox.regard();
      else {
        outbox.stop();
        this.#outboxes.delete(peer);
      }
    }
  }

  /**
   * Sends what waits, due or not, started or not; each peer until a request fails. For a member that
   * leaves. Never rejects; takes no longer than the transport does.
   */
  async flush(): Promise<void> {
    this.#delays.flush();
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.flush()));
  }

  #hold(peer: Address, key: string, isRelayed: boolean): void {
    if (peer === this.#membership.self || this.#membership.member(peer) === undefined) return;
    try {
      this.#delays.add(`${peer} ${key}`, { peer, key, isRelayed }, this.#delayMs);
    } catch (error) {
      // The write stands whether or not there is room to tell of it. The engine has counted it.
      if (!(error instanceof NacreError)) throw error;
    }
  }

  #outboxOf(peer: Address): PeerOutbox | undefined {
    const known = this.#outboxes.get(peer);
    if (known !== undefined || this.#membership.member(peer) === undefined) return known;
    const outbox = new PeerOutbox(this.#dependencies, {
      ...this.#limits,
      peer,
      relayTo: () => this.#unreachable(peer),
      onFailing: (keys) => this.#askAnother(peer, keys),
    });
    this.#outboxes.set(peer, outbox);
    if (this.#isStarted) outbox.start();
    return outbox;
  }

  #unreachable(except: Address): readonly Address[] {
    const peers: Address[] = [];
    for (const [peer, { isUnreachable }] of this.#outboxes) {
      if (isUnreachable && peer !== except) peers.push(peer);
    }
    return peers;
  }

  // Others may have got these changes before it was known that this peer would not. One of them is told
  // again, now that it can be asked to pass them on.
  #askAnother(failing: Address, keys: readonly string[]): void {
    const other = this.#membership.peers.find(
      (member) =>
        isNacreWithinReach(member) &&
        member.address !== failing &&
        this.#outboxes.get(member.address)?.isUnreachable !== true,
    );
    if (other !== undefined) for (const key of keys) this.#hold(other.address, key, false);
  }

  #sumOf(countOf: (status: SyncStatus) => number): number {
    let sum = 0;
    for (const { status } of this.#outboxes.values()) sum += countOf(status);
    return sum;
  }
}
