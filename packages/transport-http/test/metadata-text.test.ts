import { describe, expect, it } from "vitest";
// Not exported: endpoints alone read metadata.
import { parseMetadata, parseMetadataChange } from "../src/metadata-text.ts";

describe("parseMetadata", () => {
  it.each(["", " ", "{}", ","])("reads %j as none", (text) => {
    expect(parseMetadata(text)).toEqual({});
  });

  it("reads a flat JSON object, and leaves null values out", () => {
    expect(parseMetadata('{"a":"b","n":1.50,"t":true,"z":null}')).toEqual({
      a: "b",
      n: "1.50",
      t: "true",
    });
    expect(parseMetadata('{"z":null}')).toEqual({});
  });

  it("reads null as null", () => {
    expect(parseMetadata("null")).toBeNull();
  });

  it.each([
    ["k=v", { k: "v" }],
    ["a=1,b=2", { a: "1", b: "2" }],
    ["a=1,", { a: "1" }],
    ["a=1,,", { a: "1" }],
    ["=v", { "": "v" }],
    [" a = b ", { " a ": " b " }],
    ["k=v=", { k: "v" }],
    ["a=1,a=2", { a: "2" }],
    ["nullable=x", { nullable: "x" }],
  ])("reads the pairs of %j", (text, metadata) => {
    expect(parseMetadata(text)).toEqual(metadata);
  });

  it.each(["k", "k=", "k==", "k=a=b", ",a=1", "a=1,,b=2", "=", '{"a":{"b":1}}', '{"a":[1]}', "[]"])(
    "refuses %j",
    (text) => {
      expect(() => parseMetadata(text)).toThrow(
        expect.objectContaining({
          code: "INVALID_METADATA",
          message: `metadata format incorrect:${text}`,
        }),
      );
    },
  );

  it.each(['{"__proto__":"p","constructor":"c"}', "__proto__=p,constructor=c"])(
    "takes any key for a key like any other: %s",
    (text) => {
      const metadata = parseMetadata(text);
      expect(JSON.stringify(metadata)).toBe('{"__proto__":"p","constructor":"c"}');
      expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
    },
  );
});

describe("parseMetadataChange", () => {
  it.each([
    ['{"a":"b","n":1.50,"z":null}', { a: "b", n: "1.50", z: null }],
    ["a=1,b=2", { a: "1", b: "2" }],
    ["null", {}],
    ["", {}],
  ])("reads %j", (text, change) => {
    expect(parseMetadataChange(text)).toEqual(change);
  });

  it("refuses what is no metadata", () => {
    expect(() => parseMetadataChange("k")).toThrow(
      expect.objectContaining({ code: "INVALID_METADATA" }),
    );
  });
});
