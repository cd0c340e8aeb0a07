import assert from "node:assert/strict";
import { type Cancel, type Clock, type Logger, type Millis, NacreError } from "@nacre/core";
import { DueHeap, type DueItem, precedes } from "./due-heap.ts";

/** What a {@link DelayTaskEngine} needs from its surroundings. */
export interface DelayTaskEngineDependencies {
  readonly clock: Clock;

  /** Told at warn about each call of `process` that throws. */
  readonly logger: Logger;
}

/** What a {@link DelayTaskEngine} does with its tasks, and its limits. */
export interface DelayTaskEngineOptions<Task> {
  /** Folds two tasks with the same key into one; `newer` is the later wish. It must not throw. */
  readonly merge: (older: Task, newer: Task) => Task;

  /**
   * Takes a due task. Synchronous: what takes long is handed on, to an `ExecuteTaskEngine` say.
   *
   * Returns nothing when it is done with the task. Otherwise it returns a number, 0 or greater: the
   * same task is tried again that many milliseconds later. If it throws, the error is logged and the
   * task waits as long as it waited last, `retryDelayMsMin` at least. What was added under the key
   * meanwhile is merged onto a task that is tried again, and the earlier due instant of the two holds,
   * so a retry never delays a fresh change.
   *
   * It may call any method of the engine but `flush`.
   */
  readonly process: (key: string, task: Task) => Millis | void;

  /**
   * How many tasks may wait at once.
   *
   * @defaultValue 100_000
   */
  readonly tasksMax?: number;

  /**
   * How many tasks are processed in one turn of the event loop. The rest follows in the next one.
   *
   * @defaultValue 1_000
   */
  readonly batchMax?: number;

  /**
   * How long a task waits at least after `process` threw: one that was added with delay 0 would
   * otherwise keep the member busy with failing.
   *
   * @defaultValue 100
   */
  readonly retryDelayMsMin?: Millis;
}

/** Longer delays do not fit a Node timer, which would fire at once. */
const SCHEDULE_MS_MAX = 2 ** 31 - 1;

interface WaitingTask<Task> extends DueItem {
  readonly key: string;
  task: Task;
  delayMs: Millis;
}

/**
 * Holds each task back for a delay, and folds tasks with the same key into one.
 *
 * A service that changes ten times within a second is thereby sent to a peer once. A merged task is
 * processed when the first of its parts is due, so a key that changes without pause is still
 * processed on time. Tasks are processed in the order of their due instants, one at a time; those due
 * at the same instant in the order they were added.
 *
 * One scheduled call waits for the earliest due instant, however many tasks wait: nothing polls.
 */
export class DelayTaskEngine<Task> {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: Required<DelayTaskEngineOptions<Task>>;
  readonly #waiting = new Map<string, WaitingTask<Task>>();
  readonly #heap = new DueHeap<WaitingTask<Task>>();
  #isStarted = false;
  #keyInHand: string | undefined;
  #cancelWake: Cancel | undefined;
  #wakeAtMs: Millis = Infinity;
  #addedCount = 0;
  #mergedCount = 0;
  #processedCount = 0;
  #retriedCount = 0;
  #failedCount = 0;
  #refusedCount = 0;

  constructor(
    { clock, logger }: DelayTaskEngineDependencies,
    options: DelayTaskEngineOptions<Task>,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#options = { tasksMax: 100_000, batchMax: 1_000, retryDelayMsMin: 100, ...options };
    assert(this.#options.tasksMax > 0 && this.#options.batchMax > 0);
  }

  /** How many tasks wait. The one that `process` has in hand does not count. */
  get size(): number {
    return this.#waiting.size;
  }

  /** How many tasks `add` and `retry` have accepted, those that were merged included. */
  get addedCount(): number {
    return this.#addedCount;
  }

  /** How many of the accepted tasks were folded into one that waited. */
  get mergedCount(): number {
    return this.#mergedCount;
  }

  /** How many tasks `process` was done with. */
  get processedCount(): number {
    return this.#processedCount;
  }

  /** How often `process` asked to be given a task again. */
  get retriedCount(): number {
    return this.#retriedCount;
  }

  /** How often `process` threw. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** How many tasks were refused because the engine was full. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Begins to process tasks as they fall due, with those that are due already. */
  start(): void {
    assert(!this.#isStarted, "already started");
    this.#isStarted = true;
    this.#wakeInTime();
  }

  /** Processes nothing more, not even the rest of a batch. What waits is kept for the next `start`. */
  stop(): void {
    this.#isStarted = false;
    this.#forgetWake();
  }

  /**
   * Holds `task` back for `delayMs`, or merges it onto the task that waits under `key`.
   *
   * A merged task is due when its first part is: this call never moves the instant later, and moves
   * it earlier if the new part is due before. Tasks can be added whether the engine is started or not.
   *
   * @throws {@link NacreError} `QUEUE_FULL` when the key is new and `tasksMax` tasks wait.
   */
  add(key: string, task: Task, delayMs: Millis): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      this.#refuseWhenFull(key);
      this.#hold(key, task, delayMs);
    } else {
      this.#fold(waiting, this.#options.merge(waiting.task, task), delayMs);
    }
    this.#addedCount++;
  }

  /**
   * Gives back a task that `process` had handed on and that failed there.
   *
   * Like `add`, but what waits under `key` is the newer part: it is merged onto `task`, not the other
   * way round, and stays due when it was unless `task` is due before.
   *
   * @throws {@link NacreError} `QUEUE_FULL` when nothing waits under `key` and `tasksMax` tasks wait.
   */
  retry(key: string, task: Task, delayMs: Millis): void {
    if (!this.#waiting.has(key)) this.#refuseWhenFull(key);
    this.#putBack(key, task, delayMs);
    this.#addedCount++;
  }

  /** Drops the task that waits under `key`. @returns whether there was one */
  remove(key: string): boolean {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return false;
    this.#takeOut(waiting);
    return true;
  }

  /**
   * Processes now what waits now, due or not, started or not, in the order of the due instants.
   *
   * Each task is tried once; one that has to be tried again waits. Not bounded by `batchMax`: this is
   * for shutting down, after `stop`.
   */
  flush(): void {
    assert(this.#keyInHand === undefined, "flush called by process");
    const tasks = [...this.#waiting.values()].toSorted((a, b) => (precedes(a, b) ? -1 : 1));
    for (const task of tasks) {
      if (this.#waiting.get(task.key) === task) this.#process(task);
    }
  }

  // The task in hand keeps its room: it must be possible to put it back.
  #refuseWhenFull(key: string): void {
    const isProcessing = this.#keyInHand !== undefined;
    const heldCount = this.#waiting.size + (isProcessing ? 1 : 0);
    if (key === this.#keyInHand || heldCount < this.#options.tasksMax) return;
    this.#refusedCount++;
    throw new NacreError("QUEUE_FULL", `no room for ${key}, ${heldCount} delayed tasks wait`);
  }

  #hold(key: string, task: Task, delayMs: Millis): void {
    const dueAtMs = this.#dueAtMs(delayMs);
    const waiting = { key, task, delayMs, dueAtMs, order: 0, place: 0 };
    this.#waiting.set(key, waiting);
    this.#heap.insert(waiting);
    this.#wakeInTime();
  }

  #fold(waiting: WaitingTask<Task>, merged: Task, delayMs: Millis): void {
    const dueAtMs = this.#dueAtMs(delayMs);
    waiting.task = merged;
    waiting.delayMs = Math.min(waiting.delayMs, delayMs);
    this.#mergedCount++;
    if (dueAtMs >= waiting.dueAtMs) return;
    waiting.dueAtMs = dueAtMs;
    this.#heap.rise(waiting);
    this.#wakeInTime();
  }

  #putBack(key: string, task: Task, delayMs: Millis): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#hold(key, task, delayMs);
    else this.#fold(waiting, this.#options.merge(task, waiting.task), delayMs);
  }

  #dueAtMs(delayMs: Millis): Millis {
    assert(delayMs >= 0, "a delay is a number of milliseconds, 0 or greater");
    return this.#clock.nowMs() + delayMs;
  }

  #takeOut(waiting: WaitingTask<Task>): void {
    this.#waiting.delete(waiting.key);
    this.#heap.delete(waiting);
  }

  #wakeInTime(): void {
    const dueAtMs = this.#heap.first?.dueAtMs ?? Infinity;
    if (!this.#isStarted || dueAtMs >= this.#wakeAtMs) return;
    this.#forgetWake();
    this.#wakeAtMs = dueAtMs;
    const delayMs = Math.max(dueAtMs - this.#clock.nowMs(), 0);
    this.#cancelWake = this.#clock.schedule(Math.min(delayMs, SCHEDULE_MS_MAX), () => this.#wake());
  }

  #forgetWake(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeAtMs = Infinity;
  }

  // Timers may fire a fraction of a millisecond early: then nothing is due yet, and it waits again.
  // Until the end `#wakeAtMs` is in the past, so what `process` adds schedules no call of its own.
  #wake(): void {
    const nowMs = this.#clock.nowMs();
    for (let count = 0; count < this.#options.batchMax; count++) {
      const { first } = this.#heap;
      if (!this.#isStarted || first === undefined || first.dueAtMs > nowMs) break;
      this.#process(first);
    }
    this.#forgetWake();
    this.#wakeInTime();
  }

  #process(waiting: WaitingTask<Task>): void {
    this.#takeOut(waiting);
    this.#keyInHand = waiting.key;
    const retryAfterMs = this.#attempt(waiting);
    if (retryAfterMs !== undefined) this.#putBack(waiting.key, waiting.task, retryAfterMs);
    this.#keyInHand = undefined;
  }

  #attempt({ key, task, delayMs }: WaitingTask<Task>): Millis | undefined {
    try {
      const retryAfterMs = this.#options.process(key, task);
      if (retryAfterMs === undefined) this.#processedCount++;
      else this.#retriedCount++;
      return retryAfterMs as Millis | undefined;
    } catch (error) {
      const retryAfterMs = Math.max(delayMs, this.#options.retryDelayMsMin);
      this.#failedCount++;
      this.#logger.warn({ err: error, key, retryAfterMs }, "task failed, it will be tried again");
      return retryAfterMs;
    }
  }
}
