import type { Clock, Millis } from "./clock.ts";

/**
 * Orders the writes of one value over all Nacre members: the later write has the higher one.
 *
 * An integer below 2^53: milliseconds since the epoch times 1,024, plus a counter. 0 is older than
 * any write: what a Java peer sent, or nothing at all.
 */
export type Version = number;

/** How many versions one millisecond has. Integers are exact until the year 2248 that way. */
const VERSIONS_PER_MS = 1_024;

/** The last version: beyond it, integers are not exact. */
const VERSION_MAX: Version = Number.MAX_SAFE_INTEGER;

/** What {@link Versions} are made from. */
export interface VersionsDependencies {
  readonly clock: Clock;
}

/** How {@link Versions} treat the clocks of others. */
export interface VersionsOptions {
  /**
   * How far ahead of our own clock a version may be and still move ours.
   *
   * @defaultValue 60_000
   */
  readonly skewMsMax?: Millis;
}

/**
 * A hybrid logical clock: it follows the wall clock forwards, and never falls behind a version it has
 * seen, as long as that is not too far ahead. A peer whose clock is wrong therefore orders its own writes
 * wrongly, but does not drag the clocks of the others along.
 */
export class Versions {
  readonly #clock: Clock;
  readonly #skewMsMax: Millis;
  #last: Version = 0;

  /** How far the wall clock was ahead of the monotonic one, at most. */
  #aheadMs: Millis = Number.NEGATIVE_INFINITY;

  constructor({ clock }: VersionsDependencies, { skewMsMax = 60_000 }: VersionsOptions = {}) {
    this.#clock = clock;
    this.#skewMsMax = skewMsMax;
  }

  /**
   * A version above all that were given out or observed, and above `known`, the one to be replaced.
   * When a peer used up the last version of a value, that last one is all there is.
   */
  next(known: Version = 0): Version {
    const now = Math.floor(this.#epochMs()) * VERSIONS_PER_MS;
    this.#last = Math.max(now, this.#last + 1);
    if (known < this.#last) return this.#last;
    // Above a version of a clock far ahead, without following it.
    const next = Math.min(known + 1, VERSION_MAX);
    this.observe(next);
    return next;
  }

  /** Takes note of a version that a peer gave out. */
  observe(version: Version): void {
    const limit = (this.#epochMs() + this.#skewMsMax) * VERSIONS_PER_MS;
    if (version > this.#last && version <= limit) this.#last = version;
  }

  // A clock that is set back goes on as if it had not been: later writes must not look as old as those
  // that everybody knows.
  #epochMs(): Millis {
    const nowMs = this.#clock.nowMs();
    this.#aheadMs = Math.max(this.#aheadMs, this.#clock.epochMs() - nowMs);
    return nowMs + this.#aheadMs;
  }
}

/** When a version was given out, by the wall clock of whoever did; with fractions. */
export function epochMsOf(version: Version): Millis {
  return version / VERSIONS_PER_MS;
}

/** Whether a number that came from outside can be a version. */
export function isVersion(value: unknown): value is Version {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
