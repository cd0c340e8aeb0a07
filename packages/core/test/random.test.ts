import { systemRandom } from "@nacre/core";
import { describe, expect, it } from "vitest";

describe("systemRandom", () => {
  it("draws numbers from 0 to below 1 that differ", () => {
    const drawn = Array.from({ length: 1_000 }, () => systemRandom.next());
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(990);
  });
});
