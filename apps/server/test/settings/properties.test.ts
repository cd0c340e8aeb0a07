import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import {
  formatProperty,
  parseProperties,
  resolvePlaceholders,
} from "../../src/settings/properties.ts";

function read(text: string): Record<string, string> {
  return Object.fromEntries(parseProperties(text).map(({ key, value }) => [key, value]));
}

describe("parseProperties", () => {
  it("takes an equals sign, a colon or blanks as the end of a key", () => {
    expect(read("a=1\nb:2\nc 3\nd = 4\ne \t: 5\nf")).toEqual({
      a: "1",
      b: "2",
      c: "3",
      d: "4",
      e: "5",
      f: "",
    });
  });

  it("skips comments and empty lines, and keeps a # inside a value", () => {
    expect(read("# x=1\n  ! y=2\n\n \t\nz=a#b")).toEqual({ z: "a#b" });
  });

  it("joins a line that ends in a backslash with the next, without its indentation", () => {
    expect(read("list=a,\\\n    b,\\\r\n\tc\nother=1")).toEqual({ list: "a,b,c", other: "1" });
  });

  it("does not continue a line that ends in an escaped backslash", () => {
    expect(read("path=c:\\\\\nnext=1")).toEqual({ path: "c:\\", next: "1" });
  });

  it("resolves escapes in keys and values", () => {
    expect(read("a\\:b\\=c\\ d=\\u00e9\\t\\z")).toEqual({ "a:b=c d": "é\tz" });
  });

  it("keeps blanks at the end of a value and drops a byte order mark", () => {
    expect(read("\uFEFFa= b ")).toEqual({ a: "b " });
  });

  it("counts the lines that properties start on", () => {
    const lines = parseProperties("# c\na=1\\\n2\n\nb=3").map(({ key, line }) => [key, line]);
    expect(lines).toEqual([
      ["a", 2],
      ["b", 5],
    ]);
  });

  it("reads every line that formatProperty writes", () => {
    const values = ["", " x ", "a=b:c#!", "c:\\dir\\", "line\nend", "é€😀", "\t\u0001"];
    for (const value of values) {
      expect(read(formatProperty("a key:=", value))).toEqual({ "a key:=": value });
    }
  });
});

describe("resolvePlaceholders", () => {
  function resolve(text: string, known: Record<string, string> = {}) {
    return resolvePlaceholders(text, (name) => known[name]);
  }

  it("puts in values, and defaults where there is none", () => {
    expect(resolve("${A:1}-${B:2}-${C:}", { A: "x" })).toBe("x-2-");
  });

  it("takes the first colon as the start of the default", () => {
    expect(resolve("${A:http://x:80}")).toBe("http://x:80");
  });

  it("resolves placeholders in names, defaults and values", () => {
    expect(resolve("${A:${B:deep}}")).toBe("deep");
    expect(resolve("${A}", { A: "${B}", B: "value" })).toBe("value");
    expect(resolve("${${A}}", { A: "B", B: "value" })).toBe("value");
  });

  it("names a placeholder without value and default", () => {
    expect(resolve("x${A}")).toEqual({ missing: "A" });
  });

  it("ends for placeholders that name each other", () => {
    expect(resolve("${A}", { A: "${B}${B}", B: "${A}" })).toBeTypeOf("string");
  });

  it("leaves text alone that only looks like a placeholder", () => {
    expect(resolve("a$b {c} ${d")).toBe("a$b {c} ${d");
  });
});
