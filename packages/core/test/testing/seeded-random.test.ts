import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

const drawnBy = (random: SeededRandom) => Array.from({ length: 10_000 }, () => random.next());

describe("SeededRandom", () => {
  it("draws the same numbers with the same seed, others with another", () => {
    expect(drawnBy(new SeededRandom(5))).toEqual(drawnBy(new SeededRandom(5)));
    expect(drawnBy(new SeededRandom(5))).not.toEqual(drawnBy(new SeededRandom(6)));
  });

  it.each([0, 1, -1, 2 ** 31, 2 ** 40 + 3])(
    "draws evenly from 0 to below 1 with seed %d",
    (seed) => {
      const drawn = drawnBy(new SeededRandom(seed));
      expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
      const tenths = new Map<number, number>();
      for (const number of drawn) {
        const tenth = Math.floor(number * 10);
        tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
      }
      expect(tenths.size).toBe(10);
      for (const count of tenths.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
    },
  );

  it("draws integers below a count, and items of a list", () => {
    const random = new SeededRandom(1);
    const items = ["a", "b", "c"];
    const numbers = new Set(items.concat(items, items, items).map(() => random.below(3)));
    expect(numbers).toEqual(new Set([0, 1, 2]));
    const picked = new Set(Array.from({ length: 50 }, () => random.pick(items)));
    expect(picked).toEqual(new Set(items));
    expect(() => random.pick([])).toThrow("nothing to pick from");
  });

  it("shuffles without losing or doubling anything", () => {
    const random = new SeededRandom(1);
    const items = Object.freeze(["a", "b", "c", "d", "e"]);
    const orders = Array.from({ length: 50 }, () => random.shuffled(items));
    for (const order of orders) expect(order.toSorted()).toEqual(items);
    expect(new Set(orders.map((order) => order.join(""))).size).toBeGreaterThan(20);
  });
});
