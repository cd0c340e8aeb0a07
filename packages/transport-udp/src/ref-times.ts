import assert from "node:assert/strict";
import type { Clock } from "@nacre/core";

/** A wall clock beyond this (it is in the year 2223) is not believed, so that numbers stay safe. */
const EPOCH_US_MAX = 8e15;

/**
 * Numbers pushes: each is greater than those before it, also than those of an earlier process, and
 * below 2^53, so that clients in JavaScript read it exactly. They follow the wall clock in
 * microseconds; when that stands or is set back, they go on by one.
 */
export class RefTimes {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of the next push. */
  next(): number {
    const epochUs = Math.floor(this.#clock.epochMs() * 1_000);
    const isAhead = epochUs > this.#last && epochUs <= EPOCH_US_MAX;
    this.#last = isAhead ? epochUs : this.#last + 1;
    assert(this.#last < Number.MAX_SAFE_INTEGER);
    return this.#last;
  }
}
