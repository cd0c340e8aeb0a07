import type { Clock, Millis } from "./clock.ts";

/**
 * Orders the writes of one value over all Nacre members: the later write has the higher one.
 *
 * An integer below 2^53: milliseconds since the epoch times 4,096, plus a counter. 0 is older than
 * any write: what a Java peer sent, or nothing at all.
 */
export type Version = number;

/** How many versions one millisecond has. */
const VERSIONS_PER_MS = 4_096;

/** No clock says so; what is above is nobody's version. */
const VERSION_MAX: Version = 2 ** 52;

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
 * A hybrid logical clock: it follows the wall clock, and never falls behind a version it has seen, as
 * long as that is not too far ahead. A peer whose clock is wrong therefore orders its own writes
 * wrongly, but does not drag the clocks of the others along.
 */
export class Versions {
  readonly #clock: Clock;
  readonly #skewMsMax: Millis;
  #last: Version = 0;

  constructor({ clock }: VersionsDependencies, { skewMsMax = 60_000 }: VersionsOptions = {}) {
    this.#clock = clock;
    this.#skewMsMax = skewMsMax;
  }

  /** A version above all that were given out or seen, and above `known`, the one to be replaced. */
  next(known: Version = 0): Version {
    const now = Math.floor(this.#clock.epochMs()) * VERSIONS_PER_MS;
    this.#last = Math.max(now, this.#last + 1);
    if (known < this.#last) return this.#last;
    const next = known + 1;
    this.observe(next);
    return next;
  }

  /** Takes note of a version that a peer gave out. */
  observe(version: Version): void {
    const limit = (this.#clock.epochMs() + this.#skewMsMax) * VERSIONS_PER_MS;
    if (version > this.#last && version <= limit) this.#last = version;
  }
}

/** Whether a number that came from outside can be a version. */
export function isVersion(value: unknown): value is Version {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < VERSION_MAX;
}
