import type { Address, Clock, Logger, Millis, Transport } from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import type { BeatBatch } from "./beat-batch.ts";

/** What a {@link BeatOutbox} needs from its surroundings. */
export interface BeatOutboxDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Pick<Transport, "beats">;
  readonly membership: Pick<Membership, "noteAnswer" | "noteFailure">;
}

/** Whom a {@link BeatOutbox} writes to, and its limits. */
export interface BeatOutboxOptions {
  readonly peer: Address;

  /** How old a beat may be and still be told. */
  readonly ageMsMax: Millis;

  /** How many messages may wait. Beyond that the oldest are dropped. */
  readonly messagesMax: number;
}

interface WaitingBatch {
  readonly batch: BeatBatch;
  readonly hasFailed: boolean;
}

/**
 * The beats that one peer must hear of. One message is under way at a time. One that fails is tried
 * once more in the next round, if it is not too old by then: a beat is followed by another one.
 */
export class BeatOutbox {
  readonly peer: Address;

  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: BeatOutboxDependencies["transport"];
  readonly #membership: BeatOutboxDependencies["membership"];
  readonly #options: BeatOutboxOptions;
  #waiting: WaitingBatch[] = [];
  #round: Promise<void> | undefined;
  #hasFailed = false;
  #droppedCount = 0;

  constructor(
    { clock, logger, transport, membership }: BeatOutboxDependencies,
    options: BeatOutboxOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = transport;
    this.#membership = membership;
    this.#options = options;
    this.peer = options.peer;
  }

  /** Whether the last message failed, or one is still under way. */
  get isLate(): boolean {
    return this.#hasFailed || this.#round !== undefined;
  }

  /** How many beats the peer was never told. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Lets the peer hear of some beats with the next round. */
  add(batch: BeatBatch): void {
    this.#waiting.push({ batch, hasFailed: false });
    if (this.#waiting.length > this.#options.messagesMax) this.#drop(this.#waiting.shift());
  }

  /** Sends what waits unless a round is under way. Resolves with the round; never rejects. */
  send(nowMs: Millis): Promise<void> {
    // A round without anything would end before it is noted that it began.
    if (this.#round === undefined && this.#waiting.length === 0) return Promise.resolve();
    this.#round ??= this.#sendAll(nowMs);
    return this.#round;
  }

  /** Drops what waits. */
  clear(): void {
    for (const waiting of this.#waiting.splice(0)) this.#drop(waiting);
  }

  async #sendAll(nowMs: Millis): Promise<void> {
    let atMs = nowMs;
    let isWell = true;
    while (isWell) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      isWell = await this.#send(next, atMs);
      atMs = this.#clock.nowMs();
    }
    this.#round = undefined;
  }

  /** @returns whether to go on with the next one */
  async #send(waiting: WaitingBatch, nowMs: Millis): Promise<boolean> {
    const { batch, hasFailed } = waiting;
    if (nowMs - batch.heardMs > this.#options.ageMsMax) {
      this.#drop(waiting);
      return true;
    }
    try {
      await this.#transport.beats(this.peer, batch.messageAt(nowMs));
    } catch (error) {
      this.#noteFailure(error);
      if (hasFailed) this.#drop(waiting);
      else this.#waiting.unshift({ batch, hasFailed: true });
      return false;
    }
    this.#hasFailed = false;
    this.#membership.noteAnswer(this.peer);
    return true;
  }

  #noteFailure(error: unknown): void {
    const fields = { peer: this.peer, err: error };
    if (this.#hasFailed) this.#logger.debug(fields, "peer still takes no beats");
    else this.#logger.warn(fields, "peer takes no beats, others are asked to pass them on");
    this.#hasFailed = true;
    this.#membership.noteFailure(this.peer, error);
  }

  #drop(waiting: WaitingBatch | undefined): void {
    this.#droppedCount += waiting?.batch.beatCount ?? 0;
  }
}
