import { instancesSum, valueSum } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { instanceAt } from "./instance-at.ts";

const [a, b, c] = ["a", "b", "c"].map((ip) => instanceAt(ip)) as [
  ReturnType<typeof instanceAt>,
  ReturnType<typeof instanceAt>,
  ReturnType<typeof instanceAt>,
];

describe("instancesSum", () => {
  it("is 16 hexadecimal digits, all 0 for nothing", () => {
    expect(instancesSum([a])).toMatch(/^[0-9a-f]{16}$/);
    expect(instancesSum([])).toBe("0000000000000000");
  });

  // Members of two releases compare their sums: it may not change by chance.
  it("is what it always was", () => {
    expect(instancesSum([a, b])).toBe("993da3f170aaa9ea");
  });

  it("depends neither on order nor on versions nor on identity", () => {
    const random = new SeededRandom(1);
    for (let round = 0; round < 20; round++) {
      const copies = random.shuffled([a, b, c]).map((one) => ({ ...one, version: round }));
      expect(instancesSum(copies)).toBe(instancesSum([a, b, c]));
    }
  });

  it("tells every difference", () => {
    const lists = [
      [a, b],
      [a],
      [b],
      [a, a],
      [a, a, b],
      [a, { ...b, healthy: false }],
      [{ ...a, healthy: false }, b],
      [a, { ...b, metadata: { zone: "a" } }],
      [a, { ...b, instanceId: null }],
    ];
    expect(new Set(lists.map(instancesSum)).size).toBe(lists.length);
  });
});

describe("valueSum", () => {
  it("tells key, version, text and a deletion apart", () => {
    const values = [
      { key: "k", version: 1, text: "1" },
      { key: "k", version: 2, text: "1" },
      { key: "k", version: 1, text: "2" },
      { key: "l", version: 1, text: "1" },
      { key: "k", version: 1, text: "" },
      { key: "k", version: 1, text: "null" },
      { key: "k", version: 1, text: undefined },
      { key: "k", version: 2, text: undefined },
    ];
    const sums = values.map(valueSum);
    expect(new Set(sums).size).toBe(values.length);
    for (const sum of sums) expect(sum).toMatch(/^[0-9a-f]{16}$/);
    expect(values.map((value) => valueSum({ ...value }))).toEqual(sums);
  });
});
