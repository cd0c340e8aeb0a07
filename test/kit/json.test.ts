import { describe, expect, it } from "vitest";
import { formatJson, parseJson, plainOf, sameNumber, valueAt } from "./json.ts";

describe("parseJson", () => {
  it("keeps the order of keys that look like numbers, and repeated keys", () => {
    expect(formatJson(parseJson('{"b":1,"1":2,"b":3}'))).toBe('{"b":1,"1":2,"b":3}');
  });

  it("keeps the digits of large numbers", () => {
    expect(formatJson(parseJson("[9007199254740993, 1.0E7]"))).toBe("[9007199254740993,1.0E7]");
  });

  it("reads what JSON.parse reads", () => {
    const text = '{"a":[1,-2.5e3,"x\\n\\u00e9\\"",true,false,null,{}],"b":{"c":[]}}';
    expect(plainOf(parseJson(text))).toEqual(JSON.parse(text));
  });

  it.each(["", "{", "[1,]", '{"a" 1}', "nul", '"a', "1 2"])("refuses %j", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe("sameNumber", () => {
  it("compares by value, whatever the spelling", () => {
    expect(sameNumber("1", "1.0")).toBe(true);
    expect(sameNumber("10000000", "1.0E7")).toBe(true);
    expect(sameNumber("0", "-0.0")).toBe(true);
    expect(sameNumber("9007199254740993", "9007199254740992")).toBe(false);
    expect(sameNumber("1", "-1")).toBe(false);
  });
});

describe("valueAt", () => {
  it("follows keys and positions", () => {
    const node = parseJson('{"a":[{"b":"x"}]}');
    expect(valueAt(node, "a.0.b")).toEqual({ kind: "string", value: "x" });
    expect(valueAt(node, "a.1.b")).toBeUndefined();
  });
});
