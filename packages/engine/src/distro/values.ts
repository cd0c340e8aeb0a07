import assert from "node:assert/strict";
import type { Clock, Millis, ValueDatum } from "@nacre/core";

/** What {@link Values} are built from. */
export interface ValuesDependencies {
  readonly clock: Clock;
}

/** The limits of {@link Values}. */
export interface ValuesOptions {
  /**
   * How long a deleted one is remembered, so that older news cannot bring it back.
   *
   * @defaultValue 600_000
   */
  readonly lifeMs?: Millis;

  /**
   * How many there may be at once, deleted ones included.
   *
   * @defaultValue 1_000_000
   */
  readonly valuesMax?: number;
}

/** The data of other kinds: one text under a key, the last writer wins. */
export class Values {
  readonly #clock: Clock;
  readonly #lifeMs: Millis;
  readonly #valuesMax: number;
  readonly #byKey = new Map<string, ValueDatum>();

  /** When the deleted ones were, the oldest first. */
  readonly #deletedMs = new Map<string, Millis>();
  #refusedCount = 0;

  constructor(
    { clock }: ValuesDependencies,
    { lifeMs = 600_000, valuesMax = 1_000_000 }: ValuesOptions = {},
  ) {
    assert(lifeMs > 0 && valuesMax > 0);
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#valuesMax = valuesMax;
  }

  /** How many there are, deleted ones included. */
  get size(): number {
    return this.#byKey.size;
  }

  /** How many were refused because there were too many. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** What stands under a key; it may be known as deleted. */
  get(key: string): ValueDatum | undefined {
    return this.#byKey.get(key);
  }

  /** All, deleted ones included. */
  all(): Iterable<ValueDatum> {
    return this.#byKey.values();
  }

  /** Replaces what stands under `value.key`. @returns whether there was room for it */
  put(value: ValueDatum): boolean {
    const { key, text } = value;
    if (!this.#byKey.has(key) && this.#byKey.size >= this.#valuesMax) {
      this.#refusedCount++;
      return false;
    }
    this.#byKey.set(key, value);
    this.#deletedMs.delete(key);
    if (text === undefined) this.#deletedMs.set(key, this.#clock.nowMs());
    return true;
  }

  /** Forgets deleted ones whose time is over. Call it once a minute or so. */
  forgetOld(): void {
    const untilMs = this.#clock.nowMs() - this.#lifeMs;
    for (const [key, deletedMs] of this.#deletedMs) {
      if (deletedMs > untilMs) return;
      this.#deletedMs.delete(key);
      this.#byKey.delete(key);
    }
  }
}

/**
 * Whether `a` replaces `b`: the later version does. Versions are equal only when clocks were set by
 * hand; then the greater text does, and any text replaces none, so that all members choose alike.
 */
export function isLaterValue(a: ValueDatum, b: ValueDatum): boolean {
  if (a.version !== b.version) return a.version > b.version;
  if (a.text === undefined || b.text === undefined)
    return b.text === undefined && a.text !== undefined;
  return a.text > b.text;
}
