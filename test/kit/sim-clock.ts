import type { Cancel, Clock, Millis } from "@nacre/core";

/** 2021-01-01: the wall clock of a simulation at its start. */
const EPOCH_MS: Millis = Date.UTC(2021, 0, 1);

interface Call {
  atMs: Millis;
  order: number;
  readonly owner: MemberClock;

  /** `undefined` once it was cancelled or run. */
  run: (() => void) | undefined;
}

/**
 * The one line of time of a whole simulated cluster. Each process sees it through a
 * {@link MemberClock} of its own.
 *
 * Calls run in the order of their instants, those of one instant in the order made. After each call
 * promises settle for one turn of the event loop, about 1.2 µs: nothing else is sound, since chains of
 * promises have any length, and nothing cheaper is left to gain.
 */
export class SimClock {
  readonly #heap: Call[] = [];
  #nowMs: Millis = 0;
  #order = 0;
  #callCount = 0;

  /** Virtual milliseconds since the simulation began. */
  get nowMs(): Millis {
    return this.#nowMs;
  }

  /** How many calls have run. */
  get callCount(): number {
    return this.#callCount;
  }

  /** How many calls wait, cancelled ones included. */
  get size(): number {
    return this.#heap.length;
  }

  /** A process's view of the time. */
  view(options: MemberClockOptions = {}): MemberClock {
    return new MemberClock(this, options);
  }

  /** Calls `run` at `atMs`, or now when that is past, unless `owner` has stopped by then. */
  callAt(atMs: Millis, owner: MemberClock, run: () => void): Cancel {
    const call: Call = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, owner, run };
    this.#insert(call);
    return () => {
      call.run = undefined;
    };
  }

  /** Makes a call that was held back due now. Only {@link MemberClock} calls this. */
  readmit(call: Call): void {
    call.atMs = this.#nowMs;
    call.order = this.#order++;
    this.#insert(call);
  }

  /**
   * Lets time pass until `untilMs`.
   *
   * @throws whatever a call throws: no part of a member may.
   */
  runUntil(untilMs: Millis): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          const hasRun = this.#runNext(untilMs);
          if (hasRun) setImmediate(turn);
          else resolve();
        } catch (error) {
          reject(error as Error);
        }
      };
      setImmediate(turn);
    });
  }

  #runNext(untilMs: Millis): boolean {
    for (;;) {
      const call = this.#heap[0];
      if (call === undefined || call.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#removeFirst();
      if (call.run === undefined || call.owner.isStopped) continue;
      this.#nowMs = call.atMs;
      if (call.owner.isPaused) {
        call.owner.holdBack(call);
        continue;
      }
      const { run } = call;
      call.run = undefined;
      this.#callCount++;
      run();
      return true;
    }
  }

  // A binary heap by hand, since a seed makes tens of thousands of calls.
  #insert(call: Call): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(call);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Call;
      if (!precedes(call, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = call;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Call;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && precedes(right, heap[below] as Call)) below++;
      const child = heap[below] as Call;
      if (!precedes(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function precedes(a: Call, b: Call): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** How a process's clocks differ from the simulation's. */
export interface MemberClockOptions {
  /**
   * What its monotonic clock shows at the beginning of the simulation.
   *
   * @defaultValue 0
   */
  readonly originMs?: Millis;

  /**
   * How far its wall clock is ahead.
   *
   * @defaultValue 0
   */
  readonly aheadMs?: Millis;
}

/**
 * The clock of one process. While it is paused the process stands still, as after SIGSTOP: what falls
 * due meanwhile runs afterwards, late. Once it is stopped nothing of the process runs any more.
 */
export class MemberClock implements Clock {
  readonly #clock: SimClock;
  readonly #originMs: Millis;
  #aheadMs: Millis;
  #heldBack: Call[] = [];
  #isPaused = false;
  #isStopped = false;

  constructor(clock: SimClock, { originMs = 0, aheadMs = 0 }: MemberClockOptions = {}) {
    this.#clock = clock;
    this.#originMs = originMs;
    this.#aheadMs = aheadMs;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  epochMs(): Millis {
    return EPOCH_MS + this.#clock.nowMs + this.#aheadMs;
  }

  nowMs(): Millis {
    return this.#originMs + this.#clock.nowMs;
  }

  schedule(delayMs: Millis, run: () => void): Cancel {
    return this.#clock.callAt(this.#clock.nowMs + Math.max(delayMs, 0), this, run);
  }

  /** Sets the wall clock `byMs` ahead (or back). Monotonic time does not notice. */
  jump(byMs: Millis): void {
    this.#aheadMs += byMs;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const heldBack = this.#heldBack;
    this.#heldBack = [];
    for (const call of heldBack) this.#clock.readmit(call);
  }

  stop(): void {
    this.#isStopped = true;
    this.#heldBack = [];
  }

  /** Keeps a call that fell due in a pause. Only {@link SimClock} calls this. */
  holdBack(call: Call): void {
    this.#heldBack.push(call);
  }
}
