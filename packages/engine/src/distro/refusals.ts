import type { Clock, DatumKey, Logger, Millis } from "@nacre/core";

/** What {@link Refusals} need from their surroundings. */
export interface RefusalsDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How loud {@link Refusals} are. */
export interface RefusalsOptions {
  /**
   * How long at least after a line of the log the next one is written.
   *
   * @defaultValue 60_000
   */
  readonly quietMs?: Millis;
}

/** Counts the data of peers that cannot be taken, and says so in the log, though not each time. */
export class Refusals {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #quietMs: Millis;
  #count = 0;
  #loggedCount = 0;
  #loggedMs = -Infinity;

  constructor({ clock, logger }: RefusalsDependencies, { quietMs = 60_000 }: RefusalsOptions = {}) {
    this.#clock = clock;
    this.#logger = logger;
    this.#quietMs = quietMs;
  }

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  /** Notes that the datum under `datumKey` was not taken. */
  note(datumKey: DatumKey): void {
    this.#count++;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#loggedMs < this.#quietMs) return;
    const count = this.#count - this.#loggedCount;
    this.#logger.warn({ datumKey, count }, "data of a peer cannot be taken, they will come again");
    this.#loggedMs = nowMs;
    this.#loggedCount = this.#count;
  }
}
