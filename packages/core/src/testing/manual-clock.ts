import type { Cancel, Clock, Millis } from "../clock.ts";

interface Call {
  readonly atMs: Millis;
  readonly run: () => void;
}

/** A clock that moves only when told to. Calls due at the same instant run in the order made. */
export class ManualClock implements Clock {
  #nowMs: Millis = 0;
  #epochAheadMs: Millis = 0;
  readonly #originEpochMs: Millis;
  readonly #calls = new Set<Call>();

  /** Starts at `nowMs` 0, with the wall clock at `originEpochMs` (default: 2021-01-01). */
  constructor(originEpochMs: Millis = Date.UTC(2021, 0, 1)) {
    this.#originEpochMs = originEpochMs;
  }

  epochMs(): Millis {
    return this.#originEpochMs + this.#nowMs + this.#epochAheadMs;
  }

  nowMs(): Millis {
    return this.#nowMs;
  }

  schedule(delayMs: Millis, run: () => void): Cancel {
    const call = { atMs: this.#nowMs + Math.max(delayMs, 0), run };
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** Moves time on by `durationMs`, running each call at its instant and letting promises settle. */
  async advance(durationMs: Millis): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settle();
    for (let call = this.#next(untilMs); call !== undefined; call = this.#next(untilMs)) {
      this.#calls.delete(call);
      this.#nowMs = Math.max(this.#nowMs, call.atMs);
      call.run();
      await settle();
    }
    // A call may have let time pass by itself.
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Lets `durationMs` pass without running anything, as when the process stands still. */
  stall(durationMs: Millis): void {
    this.#nowMs += durationMs;
  }

  /** Sets the wall clock `byMs` ahead (or back); monotonic time does not notice. */
  jumpEpoch(byMs: Millis): void {
    this.#epochAheadMs += byMs;
  }

  #next(untilMs: Millis): Call | undefined {
    let next: Call | undefined;
    for (const call of this.#calls) {
      if (call.atMs <= untilMs && (next === undefined || call.atMs < next.atMs)) next = call;
    }
    return next;
  }
}

// Promise jobs run to exhaustion before the next macrotask, so one turn of the loop settles all.
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
