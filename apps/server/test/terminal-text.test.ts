import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { columns, formatAge, terminalText } from "../src/terminal-text.ts";

describe("terminalText", () => {
  it("keeps what is text, and nothing that a terminal obeys", () => {
    expect(terminalText("订单 é\u001b[2J\n\u009b")).toBe("订单 é?[2J??");
  });
});

describe("columns", () => {
  it("are as wide as their widest cell, without spaces at the end", () => {
    expect(
      columns([
        ["a", "b", "c"],
        ["long", "1"],
        ["x", "", "z"],
      ]),
    ).toEqual(["a     b  c", "long  1", "x        z"]);
  });
});

describe("formatAge", () => {
  it.each([
    [0, "0.0 s"],
    [1_240, "1.2 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [119_499, "119 s"],
    [120_000, "2 min"],
    [7_200_000, "2 h"],
    [172_800_000, "2 d"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});
