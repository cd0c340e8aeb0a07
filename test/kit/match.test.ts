import { describe, expect, it } from "vitest";
import { parseJson } from "./json.ts";
import { differences } from "./match.ts";
import { Bindings } from "./placeholders.ts";
import type { ExpectedResponse, MatchKind } from "./recordings.ts";
import type { Header, RawResponse } from "./response-parser.ts";

const bindings = new Bindings("rabcde");

function answer(body: string, headers: readonly Header[] = []): RawResponse {
  return { status: 200, headers, bytes: Buffer.from(body), body };
}

// Whether `actual` fits the body that is expected.
function fits(match: MatchKind, expected: unknown, actual: string): boolean {
  const body = parseJson(JSON.stringify(expected));
  return differences({ match, body }, answer(actual), bindings).length === 0;
}

describe("an expected body", () => {
  it("is the whole text, its beginning or a part of it", () => {
    expect(fits("exact", "caused: a.b;", "caused: a.b;")).toBe(true);
    expect(fits("exact", "caused: a.b;", "caused: axb;")).toBe(false);
    expect(fits("exact", "ok", "ok\n")).toBe(false);
    expect(fits("prefix", "caused", "caused: x")).toBe(true);
    expect(fits("prefix", "x", "caused: x")).toBe(false);
    expect(fits("contains", "sed", "caused: x")).toBe(true);
    expect(fits("contains", ["sed", "missing"], "caused: x")).toBe(false);
    expect(fits("any", "ok", "whatever")).toBe(true);
  });

  it("is JSON with the same order of keys, numbers by value", () => {
    expect(fits("json", { a: 1, b: [1, 2] }, '{"a":1.0,"b":[1,2]}')).toBe(true);
    expect(fits("json", { a: 1, b: 2 }, '{"b":2,"a":1}')).toBe(false);
    expect(fits("json", { a: 1 }, '{"a":1,"b":2}')).toBe(false);
    expect(fits("json", { a: 1 }, '{"a":"1"}')).toBe(false);
    expect(fits("json", { a: null }, "{}")).toBe(false);
    expect(fits("json", {}, "not json")).toBe(false);
  });

  it("is JSON with keys and items in any order", () => {
    expect(fits("json-unordered", { a: 1, b: [1, 2, 2] }, '{"b":[2,1,2],"a":1}')).toBe(true);
    expect(fits("json-unordered", [1, 2, 2], "[1,1,2]")).toBe(false);
    // A first pairing of `{{any}}` with 1 has to give way.
    expect(fits("json-unordered", ["{{any}}", 1], "[1,2]")).toBe(true);
  });
});

describe("a placeholder", () => {
  it("alone stands for a value of its kind", () => {
    expect(fits("json", { at: "{{ms}}" }, '{"at":1795348882052}')).toBe(true);
    expect(fits("json", { at: "{{ms}}" }, '{"at":"1795348882052"}')).toBe(false);
    expect(fits("json", "{{md5}}", '"d41d8cd98f00b204e9800998ecf8427e"')).toBe(true);
    expect(fits("json", "{{int}}", "1.5")).toBe(false);
    expect(fits("json", "{{float}}", "1.5")).toBe(true);
    expect(fits("json", "{{ts}}", '"2021-02-01T08:00:00.000+0000"')).toBe(true);
    expect(fits("json", "{{any}}", '{"x":[]}')).toBe(true);
  });

  it("within a text stands for that part", () => {
    expect(fits("exact", '{"at":{{ms}}}', '{"at":1795348882052}')).toBe(true);
    expect(fits("exact", "a {{any}} z", "a x\nb z")).toBe(true);
    expect(fits("json", "g@@{{run}}", '"g@@rabcde"')).toBe(true);
    expect(fits("json", "{{self}}/nacos", '"127.0.0.1:8848/nacos"')).toBe(true);
  });

  it("takes the value that was captured", () => {
    const own = new Bindings("rabcde");
    own.capture("token", "a.b");
    expect(own.fill("x={{var.token}}&{y}")).toBe("x=a.b&{y}");
    expect(() => own.fill("{{var.other}}")).toThrow("nothing was captured");
  });
});

describe("expected headers", () => {
  const expected = (more: Omit<ExpectedResponse, "match">): ExpectedResponse => ({
    ...more,
    match: "any",
  });
  const sent = answer("", [
    ["Content-Type", "text/plain;charset=UTF-8"],
    ["Vary", "Origin"],
    ["Vary", "Accept"],
  ]);

  it("are compared letter by letter, repeated ones joined", () => {
    const fitting = {
      contentType: "text/plain;charset=UTF-8",
      headers: { vary: "Origin, Accept" },
    };
    expect(differences(expected(fitting), sent, bindings)).toEqual([]);
    expect(differences(expected({ contentType: "text/plain" }), sent, bindings)).toHaveLength(1);
  });

  it("must be absent where null is expected", () => {
    expect(differences(expected({ headers: { location: null } }), sent, bindings)).toEqual([]);
    expect(differences(expected({ contentType: null }), sent, bindings)).toHaveLength(1);
  });
});
