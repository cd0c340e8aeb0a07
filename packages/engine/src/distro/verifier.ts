import type {
  Address,
  Clock,
  DigestAnswer,
  DigestMessage,
  FetchAnswer,
  Logger,
  Member,
  Transport,
} from "@nacre/core";
import { NacreError } from "@nacre/core";
import { Convergence, type PeerConvergence } from "./convergence.ts";
import { differencesWith, digestAnswerOf, fetchKeys } from "./digest-session.ts";
import { PeerJobs } from "./peer-jobs.ts";
import type { RepairData, RepairMembers, RepairSync } from "./repair-ports.ts";

/** What a {@link Verifier} is built from. */
export interface VerifierDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Transport;
  readonly data: RepairData;
  readonly membership: RepairMembers;
  readonly sync: RepairSync;
}

/** The limits of a {@link Verifier}. */
export interface VerifierOptions {
  /**
   * How many keys one request for data names at most.
   *
   * @defaultValue 500
   */
  readonly fetchKeysMax?: number;

  /**
   * How many keys one answer to a peer's digest names at most. The rest comes in later rounds.
   *
   * @defaultValue 20_000
   */
  readonly answerKeysMax?: number;
}

/**
 * Compares what this member holds with each Nacre peer, and mends the difference in both directions.
 *
 * As long as both agree that is one small question per peer and round. A peer that is down, or has not
 * loaded yet, is not asked; a member that has not loaded yet neither asks nor answers.
 */
export class Verifier {
  readonly #transport: Transport;
  readonly #data: RepairData;
  readonly #membership: RepairMembers;
  readonly #sync: RepairSync;
  readonly #options: Required<VerifierOptions>;
  readonly #convergence: Convergence;
  readonly #sessions: PeerJobs<undefined>;
  readonly #firstBuckets = new Map<Address, number>();
  #skippedCount = 0;

  constructor(dependencies: VerifierDependencies, options: VerifierOptions = {}) {
    const { clock, logger, transport, data, membership, sync } = dependencies;
    this.#transport = transport;
    this.#data = data;
    this.#membership = membership;
    this.#sync = sync;
    this.#options = { fetchKeysMax: 500, answerKeysMax: 20_000, ...options };
    this.#convergence = new Convergence({ clock, logger });
    const work = (peer: Address): Promise<void> => this.#compare(peer);
    this.#sessions = new PeerJobs({ logger, membership }, { name: "verify", work });
  }

  /** How often a peer was not asked since the last comparison with it was still under way. */
  get skippedCount(): number {
    return this.#skippedCount;
  }

  /** How many comparisons came to an end, and how many failed on the way. */
  get counts(): { readonly done: number; readonly failed: number } {
    return { done: this.#sessions.doneCount, failed: this.#sessions.failedCount };
  }

  /** What the comparisons with a peer have found. */
  statusOf(peer: Address): PeerConvergence {
    return this.#convergence.statusOf(peer);
  }

  /** Begins one comparison with each peer, and waits for none. To be called every 5 s. */
  verify(): void {
    const { isReady, peers } = this.#membership;
    this.#forgetOthersThan(peers.map(({ address }) => address));
    if (!isReady) return;
    for (const { address } of peers.filter(isComparable)) {
      if (this.#sessions.isBusy(address)) this.#skippedCount++;
      else this.#sessions.add(address, undefined);
    }
  }

  /**
   * Says how what is held here differs from what a peer tells of itself.
   *
   * @throws NacreError `STARTING` before this member has loaded; `INVALID_PARAM` when the message has
   *   another number of buckets
   */
  onDigest(from: Address, message: DigestMessage): DigestAnswer {
    if (!this.#membership.isReady) {
      throw new NacreError("STARTING", "this member has not loaded yet");
    }
    const { digest } = this.#data;
    const firstBucket = this.#firstBuckets.get(from) ?? 0;
    const limits = { keysMax: this.#options.answerKeysMax, firstBucket };
    const answer = digestAnswerOf(digest, message, limits);
    if (answer.outcome === "keys") {
      const last = [...answer.buckets.keys()].at(-1) ?? firstBucket;
      this.#firstBuckets.set(from, (last + 1) % digest.buckets.length);
    }
    return answer;
  }

  /** Begins no comparison any more, and takes nothing over from those under way. */
  stop(): void {
    this.#sessions.stop();
  }

  async #compare(peer: Address): Promise<void> {
    const { digest } = this.#data;
    const differences = await differencesWith(peer, { transport: this.#transport, digest });
    if (this.#isOver()) return;
    const { toFetch, toSend } = differences ?? { toFetch: [], toSend: [] };
    this.#convergence.note(peer, [...toFetch, ...toSend]);
    for (const key of toSend) this.#sync.add(key, [peer]);
    await fetchKeys(peer, toFetch, {
      transport: this.#transport,
      keysMax: this.#options.fetchKeysMax,
      take: (answer) => this.#take(peer, answer),
      isStopped: () => this.#isOver(),
    });
  }

  // What the peer lacks of a datum that it has too, only the merge can tell.
  #take(peer: Address, { data, values }: FetchAnswer): void {
    for (const copy of data) {
      const { peerLacks } = this.#data.merge(copy, "verified", `from ${peer}`);
      if (peerLacks) this.#sync.add(copy.key, [peer]);
    }
    for (const value of values) {
      if (this.#data.mergeValue(value).peerLacks) this.#sync.add(value.key, [peer]);
    }
  }

  #isOver(): boolean {
    return this.#sessions.isStopped || !this.#membership.isReady;
  }

  #forgetOthersThan(peers: readonly Address[]): void {
    this.#convergence.retain(peers);
    for (const peer of this.#firstBuckets.keys()) {
      if (!peers.includes(peer)) this.#firstBuckets.delete(peer);
    }
  }
}

function isComparable({ kind, state, isReady }: Member): boolean {
  return kind === "nacre" && state !== "DOWN" && isReady;
}
