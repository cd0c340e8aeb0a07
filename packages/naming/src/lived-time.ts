import type { Clock, Logger, Millis } from "@nacre/core";

/** What {@link LivedTime} is built from. */
export interface LivedTimeDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How {@link LivedTime} tells a pause from an ordinary gap. */
export interface LivedTimeOptions {
  /** The time is asked for at least this often while the process runs. */
  readonly intervalMs: Millis;

  /** A gap longer than `intervalMs` plus this is a pause. */
  readonly toleranceMs: Millis;
}

/**
 * Time as this process has lived it: it stands still while the process does.
 *
 * A member that was stopped, starved or asleep has heard no beats, and that is nobody's fault but
 * its own. Deadlines in lived time move by the pause, all at once and at no cost. A pause shows as
 * a gap between two calls of `nowMs`; so something must call it every `intervalMs`, and whoever
 * comes first after the pause, a beat or the sweep, notices.
 */
export class LivedTime {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #intervalMs: Millis;
  readonly #gapMsMax: Millis;
  #seenMs: Millis;
  #pausedMs: Millis = 0;
  #pauseCount = 0;

  constructor(
    { clock, logger }: LivedTimeDependencies,
    { intervalMs, toleranceMs }: LivedTimeOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#intervalMs = intervalMs;
    this.#gapMsMax = intervalMs + toleranceMs;
    this.#seenMs = clock.nowMs();
  }

  /** Counts from here: while nothing ran yet, nothing stood still. */
  start(): void {
    this.#seenMs = this.#clock.nowMs();
  }

  /** How long this process has stood still in all. */
  get pausedMs(): Millis {
    return this.#pausedMs;
  }

  /** How often it stood still. */
  get pauseCount(): number {
    return this.#pauseCount;
  }

  /** What the clock said when `nowMs` was last called. */
  get clockMs(): Millis {
    return this.#seenMs;
  }

  /** Milliseconds lived; the origin means nothing. */
  nowMs(): Millis {
    const nowMs = this.#clock.nowMs();
    const gapMs = nowMs - this.#seenMs;
    if (gapMs > this.#gapMsMax) this.#notePause(gapMs - this.#intervalMs);
    this.#seenMs = nowMs;
    return nowMs - this.#pausedMs;
  }

  #notePause(pauseMs: Millis): void {
    this.#pausedMs += pauseMs;
    this.#pauseCount++;
    this.#logger.warn(
      { pauseMs: Math.round(pauseMs) },
      "the process stood still, all beat deadlines move by the pause",
    );
  }
}
