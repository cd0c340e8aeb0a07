import { describe, expect, it } from "vitest";
// Not exported: endpoints alone read so.
import { parseJson, parseJsonOfTexts, readFlatObject } from "../src/flat-json.ts";

function entriesOf(text: string) {
  const read = readFlatObject(text);
  return read instanceof Map ? [...read] : read;
}

describe("readFlatObject", () => {
  it.each([
    ["{}", []],
    [" { \n\t} ", []],
    ['{"a":"b"}', [["a", "b"]]],
    [
      '{ "a" : "b" , "c":"" }',
      [
        ["a", "b"],
        ["c", ""],
      ],
    ],
    ['{"q":"a\\"b\\\\c\\n\\u00e9/"}', [["q", 'a"b\\c\né/']]],
    ['{"":""}', [["", ""]]],
  ] as const)("reads %s", (text, entries) => {
    expect(entriesOf(text)).toEqual(entries);
  });

  it("keeps the literal text of numbers and booleans, and null", () => {
    expect(entriesOf('{"n":1.50,"e":1e3,"m":-0,"t":true,"f":false,"z":null}')).toEqual([
      ["n", "1.50"],
      ["e", "1e3"],
      ["m", "-0"],
      ["t", "true"],
      ["f", "false"],
      ["z", null],
    ]);
  });

  it("lets the last of equal keys win, and ignores what follows the object", () => {
    expect(entriesOf('{"a":"1","a":"2"} and more')).toEqual([["a", "2"]]);
  });

  it("takes any key for a key like any other", () => {
    const read = readFlatObject('{"__proto__":"p","constructor":"c"}');
    expect(read?.get("__proto__")).toBe("p");
    expect(read?.get("constructor")).toBe("c");
    expect(readFlatObject("{}")?.get("toString")).toBeUndefined();
  });

  it.each(["null", " null ", "null]", "null=5"])("reads %j as null", (text) => {
    expect(readFlatObject(text)).toBeNull();
  });

  it.each(
    [
      ["", " ", "{", "}", "[]", '"a"', "1", "true", "nul", "nullable=x", "null_1"],
      ['{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "{'a':'b'}", '{"a":"b"', '{"a":"b",'],
      ['{"a":{}}', '{"a":[]}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":NaN}', '{"a":truth}'],
      ['{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"b""c":"d"}', "a=b"],
    ].flat(),
  )("refuses %j", (text) => {
    expect(readFlatObject(text)).toBeUndefined();
  });

  it.each([
    ["a long text", `{"a":"${"x".repeat(2_000_000)}"}`],
    ["a long text that does not end", `{"a":"${"x".repeat(2_000_000)}`],
    ["many escapes", `{"a":"${"\\u00e9".repeat(300_000)}"}`],
    ["many members", `{${'"k":"v",'.repeat(200_000)}`],
    ["many blanks", `{${" ".repeat(2_000_000)}`],
    ["a long number", `{"a":${"1".repeat(2_000_000)}e`],
    ["many brackets", `${"[".repeat(2_000_000)}`],
  ])("reads %s in no time", (_what, text) => {
    const begunMs = performance.now();
    readFlatObject(text);
    expect(performance.now() - begunMs).toBeLessThan(1_000);
  });
});

describe("parseJson", () => {
  it.each(["{}", "[1]", '"a"', "null", ' {"a":[{"b":"}]"}]} '])("reads %j as JSON", (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"a":"}"} x', { a: "}" }],
    ['{"a":"\\"}"}}}', { a: '"}' }],
    ["[[1],[2]],", [[1], [2]]],
    ["{}{", {}],
  ])("ignores what follows the object or list of %j", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each(["", "x", "{", "}", "]{}", '{"a', "{'a':1} x", "[1,]", "1 2", '"a" x'])(
    "refuses %j",
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it("takes a time that grows with the length of the text alone", () => {
    expect(() => parseJson(`{"${'\\"'.repeat(1_000_000)}`)).toThrow(SyntaxError);
  });
});

describe("parseJsonOfTexts", () => {
  it("keeps how numbers are spelled", () => {
    const text = '{"a":1.50,"b":[-1E+3,"7"],"1":"\\"8\\\\","c":true,"d":null} 9';
    expect(parseJsonOfTexts(text)).toEqual({
      a: "1.50",
      b: ["-1E+3", "7"],
      1: '"8\\',
      c: true,
      d: null,
    });
  });
});
