import assert from "node:assert/strict";
import { type Clock, type Logger, type Millis, NacreError } from "@nacre/core";
import { Fifo } from "./fifo.ts";

/** Something to do now. Its failures are its own business: one that escapes is only logged. */
export type ExecuteTask = () => void | Promise<void>;

/** What an {@link ExecuteTaskEngine} needs from its surroundings. */
export interface ExecuteTaskEngineDependencies {
  readonly clock: Clock;

  /** Told at error about each task that throws or rejects, at warn about each slow one. */
  readonly logger: Logger;
}

/** The limits of an {@link ExecuteTaskEngine}. */
export interface ExecuteTaskEngineOptions {
  /**
   * How many tasks run side by side, each with a key of its own.
   *
   * @defaultValue 4
   */
  readonly workers?: number;

  /**
   * How many tasks may wait and run at once.
   *
   * @defaultValue 10_000
   */
  readonly tasksMax?: number;

  /**
   * How many of these may have the same key.
   *
   * @defaultValue 1_000
   */
  readonly tasksPerKeyMax?: number;

  /**
   * How long a task runs before it is reported as slow. It is not interrupted.
   *
   * @defaultValue 1_000
   */
  readonly slowTaskMs?: Millis;
}

/** The tasks of one key. It is in the queue of lanes when it has tasks and none of them runs. */
interface Lane {
  readonly key: string;
  readonly tasks: Fifo<ExecuteTask>;
  isRunning: boolean;
}

/**
 * Runs tasks now: those with the same key in order and one at a time, those with different keys side
 * by side.
 *
 * Keys take turns, so one with many tasks does not hold up the others. The engine is ready when it is
 * made; `stop` is final.
 */
export class ExecuteTaskEngine {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: Required<ExecuteTaskEngineOptions>;
  readonly #lanes = new Map<string, Lane>();
  readonly #lanesReady = new Fifo<Lane>();
  #whenIdle: (() => void)[] = [];
  #isStopped = false;
  #size = 0;
  #running = 0;
  #addedCount = 0;
  #processedCount = 0;
  #failedCount = 0;
  #refusedCount = 0;
  #droppedCount = 0;
  #slowCount = 0;

  constructor(
    { clock, logger }: ExecuteTaskEngineDependencies,
    options: ExecuteTaskEngineOptions = {},
  ) {
    this.#clock = clock;
    this.#logger = logger;
    const limits = { workers: 4, tasksMax: 10_000, tasksPerKeyMax: 1_000, slowTaskMs: 1_000 };
    this.#options = { ...limits, ...options };
    assert(this.#options.workers > 0);
  }

  /** How many tasks wait. Running ones do not count. */
  get size(): number {
    return this.#size;
  }

  /** How many tasks run. */
  get running(): number {
    return this.#running;
  }

  /** How many tasks were accepted. */
  get addedCount(): number {
    return this.#addedCount;
  }

  /** How many tasks ended well. */
  get processedCount(): number {
    return this.#processedCount;
  }

  /** How many tasks threw or rejected. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** How many tasks were refused because the engine was full or stopped. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** How many waiting tasks `stop` has dropped. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** How many tasks ran for `slowTaskMs` or longer. */
  get slowCount(): number {
    return this.#slowCount;
  }

  /**
   * Runs `task` as soon as a worker is free and the earlier tasks of `key` have ended; never before
   * this call returns.
   *
   * @throws {@link NacreError} `QUEUE_FULL` when `tasksMax` tasks wait or run, `tasksPerKeyMax` of
   * them under `key`, or when the engine has been stopped.
   */
  run(key: string, task: ExecuteTask): void {
    const lane = this.#lanes.get(key);
    this.#refuseWhenFull(key, lane);
    this.#addedCount++;
    this.#size++;
    if (lane === undefined) this.#openLane(key, task);
    else lane.tasks.push(task);
    this.#startTasks();
  }

  /** Waits until no task waits or runs. Tasks can be added meanwhile, and are waited for as well. */
  drain(): Promise<void> {
    if (this.#size + this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /**
   * Refuses new tasks, drops those that wait, and resolves when the running ones have ended. To have
   * the waiting ones done as well, await `drain` first. Stopping again does nothing but wait.
   */
  stop(): Promise<void> {
    this.#isStopped = true;
    for (const { tasks } of this.#lanes.values()) tasks.clear();
    this.#droppedCount += this.#size;
    this.#size = 0;
    return this.drain();
  }

  #refuseWhenFull(key: string, lane: Lane | undefined): void {
    const { tasksMax, tasksPerKeyMax } = this.#options;
    const heldCount = this.#size + this.#running;
    const keyCount = lane === undefined ? 0 : lane.tasks.size + (lane.isRunning ? 1 : 0);
    if (!this.#isStopped && heldCount < tasksMax && keyCount < tasksPerKeyMax) return;
    this.#refusedCount++;
    const reason = this.#isStopped
      ? "the engine has been stopped"
      : `${heldCount} tasks wait or run, ${keyCount} of them under that key`;
    throw new NacreError("QUEUE_FULL", `no room for ${key}, ${reason}`);
  }

  #openLane(key: string, task: ExecuteTask): void {
    const lane = { key, tasks: new Fifo<ExecuteTask>(), isRunning: false };
    lane.tasks.push(task);
    this.#lanes.set(key, lane);
    this.#lanesReady.push(lane);
  }

  #startTasks(): void {
    while (this.#running < this.#options.workers) {
      const lane = this.#lanesReady.shift();
      const task = lane?.tasks.shift();
      if (lane === undefined || task === undefined) return;
      lane.isRunning = true;
      this.#size--;
      this.#running++;
      void this.#runTask(lane, task); // never rejects
    }
  }

  async #runTask(lane: Lane, task: ExecuteTask): Promise<void> {
    await Promise.resolve(); // whoever called `run` goes on first
    const endWatch = this.#watch(lane.key);
    try {
      await task();
      this.#processedCount++;
    } catch (error) {
      this.#failedCount++;
      this.#logger.error({ err: error, key: lane.key }, "task failed");
    }
    endWatch();
    this.#leave(lane);
  }

  // A task that never ends is reported by the timer, one that blocks the event loop when it ends.
  #watch(key: string): () => void {
    const { slowTaskMs } = this.#options;
    const startedAtMs = this.#clock.nowMs();
    let isReported = false;
    const report = () => {
      const elapsedMs = this.#clock.nowMs() - startedAtMs;
      if (isReported || elapsedMs < slowTaskMs) return;
      isReported = true;
      this.#slowCount++;
      this.#logger.warn({ key, elapsedMs, slowTaskMs }, "task is slow");
    };
    const cancel = this.#clock.schedule(slowTaskMs, report);
    return () => {
      cancel();
      report();
    };
  }

  #leave(lane: Lane): void {
    lane.isRunning = false;
    this.#running--;
    if (lane.tasks.size > 0) this.#lanesReady.push(lane);
    else this.#lanes.delete(lane.key);
    this.#startTasks();
    if (this.#size + this.#running === 0) this.#tellIdle();
  }

  #tellIdle(): void {
    const waiters = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiters) resolve();
  }
}
