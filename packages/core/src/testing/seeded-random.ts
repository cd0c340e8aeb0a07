import assert from "node:assert/strict";
import type { Random } from "../random.ts";

/** Random numbers that come again with the same seed (mulberry32). */
export class SeededRandom implements Random {
  #state: number;

  /** Any integer is a seed; its lowest 32 bits count. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** One of `items`, of which there must be some. */
  pick<Item>(items: readonly Item[]): Item {
    assert(items.length > 0, "nothing to pick from");
    return items[this.below(items.length)] as Item;
  }

  /** The same items in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const rest = items.slice();
    return items.map(() => rest.splice(this.below(rest.length), 1)[0] as Item);
  }
}
