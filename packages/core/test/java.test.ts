import { readFileSync } from "node:fs";
import {
  javaDouble,
  javaFloat,
  javaHashCode,
  javaHashOrder,
  javaTrim,
  parseJavaDouble,
  parseJavaInt,
} from "@nacre/core";
import { describe, expect, it } from "vitest";

interface HashVector {
  readonly serviceName: string;
  readonly hashCode: number;
}

const vectorsUrl = new URL("../../../test/interop/recordings/vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(vectorsUrl, "utf8")) as {
  readonly distro: readonly HashVector[];
};

describe("javaHashCode", () => {
  it.each(vectors.distro)("hashes $serviceName as Java does", ({ serviceName, hashCode }) => {
    expect(javaHashCode(serviceName)).toBe(hashCode);
  });

  it("reaches the smallest integer and stays signed", () => {
    expect(javaHashCode("polygenelubricants")).toBe(-2147483648);
  });
});

describe("javaDouble", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-1, "-1.0"],
    [1.5, "1.5"],
    [0.1, "0.1"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e-3, "0.001"],
    [0.00099, "9.9E-4"],
    [1e-4, "1.0E-4"],
    [-1e-4, "-1.0E-4"],
    [9999999.999, "9999999.999"],
    [9999999, "9999999.0"],
    [1e7, "1.0E7"],
    [-1e7, "-1.0E7"],
    [12345678.5, "1.23456785E7"],
    [1e21, "1.0E21"],
    [1.7976931348623157e308, "1.7976931348623157E308"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("prints %d as %s", (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });
});

describe("javaFloat", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [1.5, "1.5"],
    [0.1, "0.1"],
    [Math.fround(0.1), "0.1"],
    [0.8, "0.8"],
    [1 / 3, "0.33333334"],
    [1e-3, "0.001"],
    [1e-5, "1.0E-5"],
    [9999999, "9999999.0"],
    [1e7, "1.0E7"],
    [16777216, "1.6777216E7"],
    [1e39, "Infinity"],
    [Number.NaN, "NaN"],
  ])("prints the 32-bit float of %d as %s", (value, text) => {
    expect(javaFloat(value)).toBe(text);
  });
});

describe("parseJavaInt", () => {
  it.each([
    ["0", 0],
    ["-0", 0],
    ["+7", 7],
    ["-7", -7],
    ["007", 7],
    ["2147483647", 2147483647],
    ["-2147483648", -2147483648],
  ])("reads %j", (text, value) => {
    expect(parseJavaInt(text)).toBe(value);
  });

  it.each([
    "",
    " ",
    " 1",
    "1 ",
    "1.0",
    "1e3",
    "0x10",
    "1_000",
    "+",
    "-",
    "--1",
    "abc",
    "1\n",
    "2147483648",
    "-2147483649",
    "NaN",
    "Infinity",
  ])("refuses %j", (text) => {
    expect(parseJavaInt(text)).toBeUndefined();
  });
});

describe("parseJavaDouble", () => {
  it.each([
    ["1", 1],
    ["1.5", 1.5],
    ["1.", 1],
    [".5", 0.5],
    ["+1", 1],
    ["-0", -0],
    ["1e3", 1000],
    ["1E+3", 1000],
    ["1e-3", 0.001],
    ["1d", 1],
    ["1.5F", 1.5],
    ["1e3D", 1000],
    ["  1\t", 1],
    ["1e999", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
    ["-NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["0x1p3", 8],
    ["-0X1.8P1f", -3],
    ["0x.8p0", 0.5],
    ["0xffp-4", 15.9375],
    ["0x0p9999", 0],
    ["-0x0p9999", -0],
  ])("reads %j as %d", (text, value) => {
    expect(parseJavaDouble(text)).toBe(value);
  });

  it.each([
    "",
    " ",
    ".",
    "e3",
    "1e",
    "1e+",
    "1ee3",
    "1,5",
    "1 5",
    "1_0",
    "--1",
    "1fd",
    "abc",
    "nan",
    "infinity",
    "NaNd",
    "Inf",
    "0x1",
    "0x",
    "0xp1",
    "0x.p1",
    "0x1p",
    "0x1pa",
    "0b1p1",
  ])("refuses %j", (text) => {
    expect(parseJavaDouble(text)).toBeUndefined();
  });
});

describe("a number that never ends", () => {
  const digits = "1".repeat(1_000_000);

  it.each(["x", ".x", "e", ".1x", "e1x"])("is refused at once with %j behind it", (tail) => {
    expect(parseJavaDouble(digits + tail)).toBeUndefined();
    expect(parseJavaDouble(`0x${digits}${tail}`)).toBeUndefined();
    expect(parseJavaInt(digits + tail)).toBeUndefined();
  });
});

describe("javaTrim", () => {
  it.each([
    ["", ""],
    ["a", "a"],
    ["  \t\r\n\0\u001fa b \u0001", "a b"],
    ["   ", ""],
    ["\u00a0a\u3000", "\u00a0a\u3000"],
  ])("makes %j %j", (text, trimmed) => {
    expect(javaTrim(text)).toBe(trimmed);
  });
});

describe("javaHashOrder", () => {
  const order = (names: readonly string[]) => javaHashOrder(names, (name) => name);

  it("orders by bucket, not by name", () => {
    expect(order(["DEFAULT", "c1", "hz-a"])).toEqual(["hz-a", "DEFAULT", "c1"]);
    expect(order(["DEFAULT", "B"])).toEqual(["B", "DEFAULT"]);
  });

  it("keeps the order given inside a bucket", () => {
    expect(javaHashCode("Aa")).toBe(javaHashCode("BB"));
    expect(order(["Aa", "BB"])).toEqual(["Aa", "BB"]);
    expect(order(["BB", "Aa"])).toEqual(["BB", "Aa"]);
  });

  it("doubles the buckets with the thirteenth key", () => {
    // "a" to "p" have the hashes 97 to 112: bucket 1 to 15 and 0 of 16, or 1 to 16 of 32.
    const letters = [..."ponmlkjihgfe"];
    expect(order(letters).join("")).toBe("pefghijklmno");
    expect(order([...letters, "d"]).join("")).toBe("defghijklmnop");
  });

  it("leaves its input alone", () => {
    const names = Object.freeze(["DEFAULT", "B"]);
    order(names);
    expect(names).toEqual(["DEFAULT", "B"]);
  });
});
