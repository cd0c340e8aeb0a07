import { type Instance, isSameInstance } from "@nacre/core";
import { describe, expect, it } from "vitest";
// Internal: the text decides between two writes of one version, and is summed.
import { instanceText } from "../src/instance-content.ts";
import { instanceAt } from "./instance-at.ts";

const one = instanceAt("10.0.0.1", { metadata: { a: "1", b: "2" } });

/** A metadata object with a key that plain assignment would not make. */
function strangeMetadata(value: string): Record<string, string> {
  return JSON.parse(`{"__proto__":"${value}","constructor":"${value}"}`) as Record<string, string>;
}

const differences: readonly Partial<Instance>[] = [
  { weight: 2 },
  { weight: 0 },
  { weight: -0 },
  { weight: Number.NaN },
  { weight: Number.POSITIVE_INFINITY },
  { healthy: false },
  { enabled: false },
  { app: "x" },
  { app: null },
  { app: "null" },
  { instanceId: "x" },
  { instanceId: null },
  { ip: "10.0.0.2" },
  { ip: '10.0.0.1","' },
  { port: 1 },
  { clusterName: "c1" },
  { ephemeral: false },
  { marked: true },
  { metadata: null },
  { metadata: {} },
  { metadata: { a: "1" } },
  { metadata: { a: "1", b: "3" } },
  { metadata: { a: "1", c: "2" } },
  { metadata: { a: "1", b: "2", c: "3" } },
  { metadata: Object.assign(Object.create({ a: "1" }), { b: "2", c: "3" }) },
  { metadata: { a: '1","b","2' } },
  { metadata: { a: "\ud800" } },
  { metadata: { a: "\ufffd" } },
  { metadata: strangeMetadata("1") },
  { metadata: strangeMetadata("2") },
];

const same: readonly Partial<Instance>[] = [
  {},
  { version: 99 },
  { metadata: { b: "2", a: "1" } },
  { metadata: Object.assign(Object.create({ c: "3" }), { a: "1", b: "2" }) },
];

describe("isSameInstance", () => {
  it.each(same)("takes one with %j for the same", (changes) => {
    expect(isSameInstance(one, { ...one, ...changes })).toBe(true);
  });

  it.each(differences)("tells %j apart", (changes) => {
    expect(isSameInstance(one, { ...one, ...changes })).toBe(false);
    expect(isSameInstance({ ...one, ...changes }, one)).toBe(false);
  });

  it("compares every field but the version", () => {
    const tried = new Set(differences.flatMap((changes) => Object.keys(changes)));
    expect([...tried, "version"].toSorted()).toEqual(Object.keys(one).toSorted());
  });
});

describe("instanceText", () => {
  const variants = [...same, ...differences].map((changes) => ({ ...one, ...changes }));

  it("is the same exactly for what nobody can tell apart", () => {
    for (const a of variants) {
      for (const b of variants) {
        expect(instanceText(a) === instanceText(b)).toBe(isSameInstance(a, b));
      }
    }
  });
});
