import assert from "node:assert/strict";
import type { Cancel, Clock, Logger, Millis } from "@nacre/core";

/** What a {@link RepeatingTask} needs from its surroundings. */
export interface RepeatingTaskDependencies {
  readonly clock: Clock;

  /** Told at warn about each run that fails. */
  readonly logger: Logger;

  /** Evenly spread numbers from 0 up to but not including 1. Needed only with a `jitterRatio`. */
  readonly random?: () => number;
}

/** What a {@link RepeatingTask} does, and when. */
export interface RepeatingTaskOptions {
  /** Names the task in logs and lists: `verify`, `expire instances`. */
  readonly name: string;

  /** How long to wait between the end of a run and the next run. Greater than 0. */
  readonly intervalMs: Millis;

  /** Does the work once. If it throws or rejects, that is logged, and the next run goes on. */
  readonly run: () => void | Promise<void>;

  /**
   * How long to wait between `start` and the first run.
   *
   * @defaultValue `intervalMs`
   */
  readonly initialDelayMs?: Millis;

  /**
   * By which part of itself each wait, the first one too, may be shorter or longer, from 0 to 1: with
   * 0.1 and an interval of 5,000 ms, runs are 4,500 to 5,500 ms apart. Keeps members that were
   * started together from doing the same thing at the same time for ever.
   *
   * @defaultValue 0
   */
  readonly jitterRatio?: number;
}

/** The longest delay that a Node timer can hold. */
const INTERVAL_MS_MAX = 2 ** 31 - 1;

/**
 * Does something again and again, with a fixed pause in between: a periodic job. Runs never overlap,
 * however long they take.
 */
export class RepeatingTask {
  /** The name of the task. */
  readonly name: string;

  /** The pause between two runs, before jitter. */
  readonly intervalMs: Millis;

  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #run: () => void | Promise<void>;
  readonly #initialDelayMs: Millis;
  readonly #jitterRatio: number;
  #isStarted = false;
  #cancelNext: Cancel | undefined;
  #current: Promise<void> | undefined;
  #runs = 0;
  #failures = 0;
  #lastRunMs: Millis | undefined;

  constructor(
    { clock, logger, random }: RepeatingTaskDependencies,
    { name, intervalMs, run, initialDelayMs = intervalMs, jitterRatio = 0 }: RepeatingTaskOptions,
  ) {
    assert(intervalMs > 0 && initialDelayMs >= 0 && jitterRatio >= 0 && jitterRatio <= 1);
    assert(Math.max(intervalMs, initialDelayMs) * (1 + jitterRatio) <= INTERVAL_MS_MAX);
    assert(jitterRatio === 0 || random !== undefined, "jitter needs a source of random numbers");
    this.name = name;
    this.intervalMs = intervalMs;
    this.#clock = clock;
    this.#logger = logger;
    this.#random = random ?? (() => 0.5);
    this.#run = run;
    this.#initialDelayMs = initialDelayMs;
    this.#jitterRatio = jitterRatio;
  }

  /** How many runs have ended, failed ones included. */
  get runs(): number {
    return this.#runs;
  }

  /** How many runs threw or rejected. */
  get failures(): number {
    return this.#failures;
  }

  /** How long the last run took, or `undefined` before the first one has ended. */
  get lastRunMs(): Millis | undefined {
    return this.#lastRunMs;
  }

  /** Waits for the first run. After a `stop` it may be called again once that has resolved. */
  start(): void {
    assert(!this.#isStarted, "already started");
    assert(this.#current === undefined, "still stopping");
    this.#isStarted = true;
    this.#runLater(this.#initialDelayMs);
  }

  /**
   * Starts no more runs, and resolves when the one under way has ended. Stopping again does nothing
   * but wait. A run may stop its own task but must not await that: it would wait for itself.
   */
  stop(): Promise<void> {
    this.#isStarted = false;
    this.#cancelNext?.();
    return this.#current ?? Promise.resolve();
  }

  #runLater(delayMs: Millis): void {
    const spread = this.#jitterRatio * (2 * this.#random() - 1);
    this.#cancelNext = this.#clock.schedule(delayMs * (1 + spread), () => {
      this.#current = this.#runOnce(); // never rejects
    });
  }

  async #runOnce(): Promise<void> {
    await Promise.resolve(); // so that `#current` is set before the work begins, which may call `stop`
    const startedAtMs = this.#clock.nowMs();
    try {
      await this.#run();
    } catch (error) {
      this.#failures++;
      this.#logger.warn({ err: error, job: this.name }, "periodic job failed, it will run again");
    }
    this.#runs++;
    this.#lastRunMs = this.#clock.nowMs() - startedAtMs;
    this.#current = undefined;
    if (this.#isStarted) this.#runLater(this.intervalMs);
  }
}
