import type { Instance } from "@nacre/core";
import { mergedMetadata, strippedMetadata } from "@nacre/naming";
import { describe, expect, it } from "vitest";
// Internal: what a write does to an instance, which `Naming` alone decides.
import {
  checkInstance,
  describeInstance,
  patchedInstance,
  registeredInstance,
} from "../src/instance-edits.ts";
import { specOf, standingOf } from "./start-naming.ts";

const name = "DEFAULT_GROUP@@orders";

function instanceAt(ip: string, changes: Partial<Instance> = {}): Instance {
  return standingOf(ip, { instanceId: `${ip}#`, ...changes });
}

/** A metadata object with a key that plain assignment would not make. */
function strangeMetadata(value: string): Record<string, string> {
  return JSON.parse(`{"__proto__":"${value}","constructor":"${value}"}`) as Record<string, string>;
}

describe("registeredInstance", () => {
  const snowflake = { "preserved.instance.id.generator": "SnowFlake" };

  it("names a new instance by address, cluster and service", () => {
    const made = registeredInstance(specOf("10.0.0.1"), undefined, { name, instances: [] });
    expect(made.instanceId).toBe("10.0.0.1#8080#DEFAULT#DEFAULT_GROUP@@orders");
    expect(made.marked).toBe(false);
  });

  it("counts up from 0 when asked for snowflake ids, and fills gaps", () => {
    const spec = specOf("10.0.0.1", { metadata: snowflake });
    const taken = (...ids: string[]) => ({
      name,
      instances: ids.map((instanceId) => instanceAt("10.0.0.9", { instanceId })),
    });
    expect(registeredInstance(spec, undefined, taken()).instanceId).toBe("0");
    expect(registeredInstance(spec, undefined, taken("0", "1", "x")).instanceId).toBe("2");
    expect(registeredInstance(spec, undefined, taken("0", "2")).instanceId).toBe("1");
  });

  it("takes health from a new one, and from the one before when there is one", () => {
    const sick = specOf("10.0.0.1", { healthy: false });
    expect(registeredInstance(sick, undefined, { name, instances: [] }).healthy).toBe(false);
    const before = instanceAt("10.0.0.1", { instanceId: "7", healthy: true });
    const metadata = snowflake;
    const after = registeredInstance({ ...sick, metadata }, before, { name, instances: [before] });
    expect(after).toEqual({ ...before, metadata });
  });

  it("leaves a mark where it is", () => {
    const before = instanceAt("10.0.0.1", { marked: true });
    const after = registeredInstance(specOf("10.0.0.1"), before, { name, instances: [before] });
    expect(after.marked).toBe(true);
  });

  it.each([
    [0, 0],
    [-0, -0],
    [0.001, 0.01],
    [0.01, 0.01],
    [1, 1],
    [10_000, 10_000],
    [10_001, 10_000],
    [-5, -5],
    [Number.NaN, Number.NaN],
  ])("makes of the weight %d %d", (weight, clamped) => {
    const spec = specOf("10.0.0.1", { weight });
    expect(registeredInstance(spec, undefined, { name, instances: [] }).weight).toBe(clamped);
    expect(registeredInstance(spec, instanceAt("a"), { name, instances: [] }).weight).toBe(clamped);
  });
});

describe("patchedInstance", () => {
  it("changes what is given and leaves the rest", () => {
    const before = instanceAt("10.0.0.1", { metadata: { zone: "a" } });
    expect(patchedInstance(before, {})).toEqual(before);
    expect(patchedInstance(before, { enabled: false })).toEqual({ ...before, enabled: false });
    expect(patchedInstance(before, { metadata: null }).metadata).toBeNull();
  });

  it("checks and clamps the weight as a registration does", () => {
    const before = instanceAt("10.0.0.1");
    expect(patchedInstance(before, { weight: 0.001 }).weight).toBe(0.01);
    expect(() => patchedInstance(before, { weight: 10_001 })).toThrow(
      expect.objectContaining({ code: "INVALID_INSTANCE" }),
    );
    expect(before.weight).toBe(1);
  });
});

describe("checkInstance", () => {
  it.each([
    "1.2.3.4",
    "0.0.0.0",
    "255.255.255.255",
    "1",
    "4294967295",
    "1.16777215",
    "1.2.65535",
    "01.02.03.004",
    "localhost",
    "::1",
    "1.2.3.400a",
    "a.b",
    "",
    "中文",
    "1.2.3.4 ",
  ])("takes %j for an address", (ip) => {
    expect(() => checkInstance({ ip, weight: 1 })).not.toThrow();
  });

  it.each([
    "1.2.3.400",
    "256.1.1.1",
    "1.2.3.4.5",
    "1..2",
    ".1",
    "1.",
    ".",
    "4294967296",
    "1.16777216",
    "1.2.65536",
    "256.1",
    "001.002.003.0004",
  ])("refuses the number %j", (ip) => {
    expect(() => checkInstance({ ip, weight: 1 })).toThrow(
      expect.objectContaining({
        code: "INVALID_PARAM",
        message: `The IPv4 address("${ip}") is incorrect.`,
      }),
    );
  });

  it.each([0, -0, 1, 10_000, Number.NaN])("takes the weight %d", (weight) => {
    expect(() => checkInstance({ ip: "a", weight })).not.toThrow();
  });

  it.each([-0.001, -1, 10_000.001, Number.POSITIVE_INFINITY])("refuses the weight %d", (weight) => {
    expect(() => checkInstance({ ip: "a", weight })).toThrow(
      expect.objectContaining({
        code: "INVALID_INSTANCE",
        message: "instance format invalid: The weights range from 0.0 to 10000.0",
      }),
    );
  });

  it("looks at the address first", () => {
    expect(() => checkInstance({ ip: "1.2.3.400", weight: -1 })).toThrow(/IPv4/);
  });
});

describe("describeInstance", () => {
  it("prints it as Nacos does", () => {
    expect(describeInstance(specOf("1.1.1.9"))).toBe(
      "1.1.1.9:8080:unknown:DEFAULT_1.0_true_false_DEFAULT",
    );
    expect(describeInstance(specOf("1.1.1.9", { port: 0, healthy: false, weight: 0.5 }))).toBe(
      "1.1.1.9:unknown:DEFAULT_0.5_false_false_DEFAULT",
    );
  });
});

describe("mergedMetadata", () => {
  it("adds and replaces keys", () => {
    expect(mergedMetadata({ a: "1", b: "2" }, { b: "3", c: "4" })).toEqual({
      a: "1",
      b: "3",
      c: "4",
    });
    expect(mergedMetadata(null, { a: "1" })).toEqual({ a: "1" });
    expect(mergedMetadata({ a: "1", b: "2" }, { a: null, c: null })).toEqual({ b: "2" });
  });

  it("keeps strange keys as keys", () => {
    const merged = mergedMetadata({ a: "1" }, strangeMetadata("x"));
    expect(Object.entries(merged)).toEqual([
      ["a", "1"],
      ["__proto__", "x"],
      ["constructor", "x"],
    ]);
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });
});

describe("strippedMetadata", () => {
  it("takes keys away, whatever their values", () => {
    expect(strippedMetadata({ a: "1", b: "2" }, { b: "", c: "" })).toEqual({ a: "1" });
    expect(strippedMetadata(null, { a: "" })).toEqual({});
    expect(strippedMetadata({ a: "1", b: "2" }, { a: null })).toEqual({ b: "2" });
  });

  it("takes no key for given that is not", () => {
    expect(strippedMetadata({ constructor: "1", toString: "2" }, {})).toEqual({
      constructor: "1",
      toString: "2",
    });
    expect(Object.keys(strippedMetadata(strangeMetadata("1"), strangeMetadata("")))).toEqual([]);
  });
});
