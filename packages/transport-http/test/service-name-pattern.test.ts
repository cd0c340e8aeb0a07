import { describe, expect, it } from "vitest";
// Not exported: the catalog alone searches so.
import { serviceNamePattern } from "../src/service-name-pattern.ts";

describe("serviceNamePattern", () => {
  it.each([
    ["", "ord", "DEFAULT_GROUP@@orders", true],
    ["", "ord.rs$", "DEFAULT_GROUP@@orders", false],
    ["", "^ord", "DEFAULT_GROUP@@orders", false],
    ["", "o(r|x)d[a-z]+", "DEFAULT_GROUP@@orders", true],
    ["DEFAULT", "orders", "DEFAULT_GROUP@@orders", true],
    ["other", "orders", "DEFAULT_GROUP@@orders", false],
    ["", "DEFAULT", "DEFAULT_GROUP@@orders", false],
    ["orders", "", "DEFAULT_GROUP@@orders", true],
    ["orders", "", "DEFAULT_GROUP@@users", false],
  ])("looks for %j and %j in %s", (groupPart, namePart, name, isFound) => {
    expect(serviceNamePattern(groupPart, namePart)(name)).toBe(isFound);
  });

  it.each(["(", "[", "a{1001}", "(?=a)", "\\1", "x".repeat(400)])("refuses %s", (namePart) => {
    expect(() => serviceNamePattern("", namePart)).toThrow(
      expect.objectContaining({ code: "INVALID_PARAM" }),
    );
  });

  it.each(["(a+)+$", "(a?){20}a{20}", ".*.*.*.*.*.*x", "(a|a)*b", "(.*)*x"])(
    "searches a thousand names in no time: %s",
    (namePart) => {
      const matches = serviceNamePattern("", namePart);
      const begunMs = performance.now();
      for (let index = 0; index < 1_000; index++) {
        matches(`DEFAULT_GROUP@@${"a".repeat(60)}${index}`);
      }
      expect(performance.now() - begunMs).toBeLessThan(1_000);
    },
  );

  it.each(["(a?){1000}".repeat(29), "(a{0,30}){30}".repeat(20), "a{1000}".repeat(40)])(
    "refuses a pattern that repeats too much: %s",
    (namePart) => {
      const begunMs = performance.now();
      expect(() => serviceNamePattern("", namePart)).toThrow("a pattern repeats too much");
      expect(performance.now() - begunMs).toBeLessThan(1_000);
    },
  );
});
