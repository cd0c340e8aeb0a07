import type { Clock, Millis } from "@nacre/core";

/** What a {@link Standstill} needs from its surroundings. */
export interface StandstillDependencies {
  readonly clock: Pick<Clock, "epochMs" | "nowMs">;
}

/** When a {@link Standstill} speaks up, and to whom. */
export interface StandstillOptions {
  /** After how long. It must be less than the time for which peers remember what was removed. */
  readonly msMax: Millis;

  /** Told each time, with how long it was; at the end of a look. */
  readonly onNoticed: (standstillMs: Millis) => void;
}

/**
 * Notices that this process stood still for long: stopped, asleep, or frozen with its machine.
 *
 * It shows as a gap between two looks, so somebody has to look every second or so; and whoever is about
 * to use what was known before looks first. The wall clock counts too: time that a machine sleeps is on
 * that one only. Should somebody just have set it, that costs no more than to load once in vain.
 */
export class Standstill {
  readonly #clock: StandstillDependencies["clock"];
  readonly #msMax: Millis;
  readonly #onNoticed: (standstillMs: Millis) => void;
  #seenMs: Millis | undefined;
  #seenEpochMs: Millis = 0;

  constructor({ clock }: StandstillDependencies, { msMax, onNoticed }: StandstillOptions) {
    this.#clock = clock;
    this.#msMax = msMax;
    this.#onNoticed = onNoticed;
  }

  /** Compares with the look before. Cheap. The first one notices nothing. */
  look(): void {
    const nowMs = this.#clock.nowMs();
    const epochMs = this.#clock.epochMs();
    const gapMs = Math.max(nowMs - (this.#seenMs ?? nowMs), epochMs - this.#seenEpochMs);
    const isFirst = this.#seenMs === undefined;
    this.#seenMs = nowMs;
    this.#seenEpochMs = epochMs;
    if (!isFirst && gapMs > this.#msMax) this.#onNoticed(gapMs);
  }
}
