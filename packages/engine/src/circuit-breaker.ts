import type { Millis } from "@nacre/core";

/** When a {@link CircuitBreaker} opens, and for how long. */
export interface CircuitBreakerOptions {
  /** An attempt that takes longer than this shows that there is trouble. @defaultValue 500 */
  readonly slowMs?: Millis;

  /** How long it stays open at first. @defaultValue 1_000 */
  readonly openMs?: Millis;

  /** How long at most; the time doubles with each probe that fails. @defaultValue 10_000 */
  readonly openMsMax?: Millis;

  /** Told when it opens after it was closed, and when it closes. */
  readonly onTurn?: (isOpen: boolean) => void;
}

/** One thing tried. Hand it back when it has ended. */
export interface Attempt {
  readonly startedMs: Millis;
}

/**
 * Says whether it makes sense to try something that has failed lately, so that those who have a
 * choice do not wait for it. Open means no. After a while one attempt may find out.
 *
 * It reads no clock: each call takes the instant, of which none may lie before an earlier one.
 */
export class CircuitBreaker {
  readonly #slowMs: Millis;
  readonly #openMs: Millis;
  readonly #openMsMax: Millis;
  readonly #onTurn: (isOpen: boolean) => void;

  // Those begun since it closed, oldest first. Older ones have had their say.
  readonly #watched = new Set<Attempt>();
  #probe: Attempt | undefined;
  #probeAtMs: Millis | undefined;
  #nextOpenMs: Millis;

  constructor(options: CircuitBreakerOptions = {}) {
    const { slowMs = 500, openMs = 1_000, openMsMax = 10_000 } = options;
    this.#slowMs = slowMs;
    this.#openMs = openMs;
    this.#openMsMax = openMsMax;
    this.#nextOpenMs = openMs;
    this.#onTurn = options.onTurn ?? (() => undefined);
  }

  /** Whether attempts fail or take too long, as far as is known. */
  get isOpen(): boolean {
    return this.#probeAtMs !== undefined;
  }

  /** Whether an attempt may begin now; with an open one that is one at a time, and seldom. */
  allows(nowMs: Millis): boolean {
    if (this.#probeAtMs !== undefined) {
      return this.#probe === undefined && nowMs >= this.#probeAtMs;
    }
    const [oldest] = this.#watched;
    if (oldest === undefined || nowMs - oldest.startedMs <= this.#slowMs) return true;
    this.#open(nowMs);
    return false;
  }

  /** Notes that an attempt begins. */
  begin(nowMs: Millis): Attempt {
    const attempt = { startedMs: nowMs };
    if (this.isOpen) this.#probe = attempt;
    else this.#watched.add(attempt);
    return attempt;
  }

  /** Notes that an attempt has ended, and how. */
  end(attempt: Attempt, isFailed: boolean, nowMs: Millis): void {
    const isProbe = attempt === this.#probe;
    const isWatched = this.#watched.delete(attempt);
    // It began before this opened, and says nothing of the time since.
    if (!isProbe && !isWatched) return;
    const isGood = !isFailed && nowMs - attempt.startedMs <= this.#slowMs;
    if (isProbe) {
      this.#probe = undefined;
      if (isGood) this.#close();
      else this.#open(nowMs);
    } else if (!isGood) {
      this.#open(nowMs);
    }
  }

  #open(nowMs: Millis): void {
    const wasOpen = this.isOpen;
    this.#watched.clear();
    this.#probeAtMs = nowMs + this.#nextOpenMs;
    this.#nextOpenMs = Math.min(this.#nextOpenMs * 2, this.#openMsMax);
    if (!wasOpen) this.#onTurn(true);
  }

  #close(): void {
    this.#probeAtMs = undefined;
    this.#nextOpenMs = this.#openMs;
    this.#onTurn(false);
  }
}
