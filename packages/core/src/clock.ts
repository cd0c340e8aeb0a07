import { performance } from "node:perf_hooks";

/** A duration or an instant in milliseconds. Names that hold one end in `Ms`. */
export type Millis = number;

/** Takes back what was scheduled. Calling it again, or after the call has run, does nothing. */
export type Cancel = () => void;

/**
 * Port: where time comes from. Nothing else in Nacre reads a clock or sets a timer.
 *
 * `epochMs` is for data that others read; it may jump when somebody sets the machine's clock.
 * `nowMs` is for ages and delays; it never goes backwards.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
  epochMs(): Millis;

  /** Monotonic time in milliseconds, with fractions; its origin means nothing. */
  nowMs(): Millis;

  /** Calls `run` once, `delayMs` from now. A pending call does not keep the process alive. */
  schedule(delayMs: Millis, run: () => void): Cancel;
}

/** The machine's clock. */
export const systemClock: Clock = {
  epochMs: () => Date.now(),
  nowMs: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
