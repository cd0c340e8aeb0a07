import { type Address, type Logger, NacreError } from "@nacre/core";
import type { RepairMembers } from "./repair-ports.ts";

/** What {@link PeerJobs} need from their surroundings. */
export interface PeerJobsDependencies {
  readonly logger: Logger;

  /** Told of each job whether the peer could be reached. */
  readonly membership: Pick<RepairMembers, "noteAnswer" | "noteFailure">;
}

/** What {@link PeerJobs} do. */
export interface PeerJobsOptions<Input> {
  /** Names the job in logs. */
  readonly name: string;

  /** Does the work for one peer. If it rejects, that is logged and counted, and the next goes on. */
  readonly work: (peer: Address, input: Input) => Promise<void>;

  /**
   * What waits for a busy peer after `newer` came too.
   *
   * @defaultValue the newer alone
   */
  readonly merge?: (waiting: Input, newer: Input) => Input;
}

/**
 * Does one thing at a time per peer. What comes for a peer that is busy waits, one input at most, and
 * what comes then is merged into it: so a slow peer costs no memory, and holds up nobody else.
 *
 * Work begins after the turn that asked for it. `stop` is final.
 */
export class PeerJobs<Input> {
  readonly #logger: Logger;
  readonly #membership: PeerJobsDependencies["membership"];
  readonly #name: string;
  readonly #work: (peer: Address, input: Input) => Promise<void>;
  readonly #merge: (waiting: Input, newer: Input) => Input;
  readonly #busy = new Set<Address>();
  readonly #waiting = new Map<Address, { readonly input: Input }>();
  readonly #failing = new Set<Address>();
  #isStopped = false;
  #doneCount = 0;
  #failedCount = 0;
  #mergedCount = 0;

  constructor(
    { logger, membership }: PeerJobsDependencies,
    { name, work, merge = (_, newer) => newer }: PeerJobsOptions<Input>,
  ) {
    this.#logger = logger;
    this.#membership = membership;
    this.#name = name;
    this.#work = work;
    this.#merge = merge;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** How many jobs ended well. */
  get doneCount(): number {
    return this.#doneCount;
  }

  /** How many jobs rejected. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** How often something was merged into what waited already. */
  get mergedCount(): number {
    return this.#mergedCount;
  }

  isBusy(peer: Address): boolean {
    return this.#busy.has(peer);
  }

  /** Begins with `input`, or lets it wait until what is under way for `peer` has ended. */
  add(peer: Address, input: Input): void {
    if (this.#isStopped) return;
    if (!this.#busy.has(peer)) {
      this.#busy.add(peer);
      void this.#run(peer, input); // never rejects
      return;
    }
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) this.#mergedCount++;
    const merged = waiting === undefined ? input : this.#merge(waiting.input, input);
    this.#waiting.set(peer, { input: merged });
  }

  /** Begins nothing any more. Work under way goes on and should look at `isStopped`. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting.clear();
  }

  async #run(peer: Address, first: Input): Promise<void> {
    await Promise.resolve();
    let next: { readonly input: Input } | undefined = { input: first };
    while (next !== undefined && !this.#isStopped) {
      await this.#runOnce(peer, next.input);
      next = this.#waiting.get(peer);
      this.#waiting.delete(peer);
    }
    this.#busy.delete(peer);
  }

  async #runOnce(peer: Address, input: Input): Promise<void> {
    try {
      await this.#work(peer, input);
      this.#doneCount++;
      this.#failing.delete(peer);
      this.#membership.noteAnswer(peer);
    } catch (error) {
      this.#failedCount++;
      this.#membership.noteFailure(peer, error);
      this.#logFailure(peer, error);
    }
  }

  // A peer that fails goes on failing for a while, and that it is unreachable is said elsewhere.
  #logFailure(peer: Address, error: unknown): void {
    const fields = { peer, job: this.#name, err: error };
    if (!(error instanceof NacreError)) {
      this.#logger.error(fields, "job for a peer failed");
    } else if (error.code === "PEER_REFUSED" && !this.#failing.has(peer)) {
      this.#failing.add(peer);
      this.#logger.warn(fields, "a peer refuses, it will be asked again");
    } else {
      this.#logger.debug(fields, "a peer was not reached, it will be asked again");
    }
  }
}
