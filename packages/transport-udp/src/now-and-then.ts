import type { Millis } from "@nacre/core";

/** Lets the first of many through and then one per interval, so that a log is not flooded. */
export class NowAndThen {
  readonly #intervalMs: Millis;
  #nextAtMs: Millis = -Infinity;
  #heldBackCount = 0;

  constructor(intervalMs: Millis) {
    this.#intervalMs = intervalMs;
  }

  /** @returns how many were held back since the last one, or `undefined` to hold this one back */
  take(nowMs: Millis): number | undefined {
    if (nowMs < this.#nextAtMs) {
      this.#heldBackCount++;
      return undefined;
    }
    const heldBackCount = this.#heldBackCount;
    this.#heldBackCount = 0;
    this.#nextAtMs = nowMs + this.#intervalMs;
    return heldBackCount;
  }
}
