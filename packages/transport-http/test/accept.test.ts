import { describe, expect, it } from "vitest";
// Not exported: the API alone reads the header.
import { acceptanceOf } from "../src/accept.ts";

const JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";

/** The two content types, without the charset that both have. */
function typesOf(header: string | undefined): readonly (string | undefined)[] {
  const { text, json } = acceptanceOf(header);
  return [text, json].map((type) => type?.replace(/;charset=UTF-8$/, ""));
}

describe("acceptanceOf", () => {
  it.each([
    [undefined, "text/plain", "application/json"],
    ["", "text/plain", "application/json"],
    ["*/*", "text/plain", "application/json"],
    ["*", "text/plain", "application/json"],
    [JAVA, "text/html", "application/json"],
    [BROWSER, "text/html", "application/json"],
    ["application/json", "application/json", "application/json"],
    ["application/*", "application/json", "application/json"],
    ["text/*", "text/plain", undefined],
    ["text/plain", "text/plain", undefined],
    ["application/xml", "application/xml", undefined],
    ["text/html, application/json", "text/html", "application/json"],
    ["text/html;q=0.1, application/json;q=0.9", "application/json", "application/json"],
    ["*/*, text/csv", "text/csv", "application/json"],
    ["application/vnd.api+json", "application/vnd.api+json", "application/vnd.api+json"],
    ["text/plain;charset=GBK", "text/plain", undefined],
    ["image/*", "text/plain", undefined],
  ])("answers %j with %s, and JSON as %s", (header, text, json) => {
    expect(typesOf(header)).toEqual([text, json]);
  });

  it.each(["abc", "text", "/", "a/b/c", "text/", "te xt/plain", "text/pl\u00e4in", "*/json"])(
    "has no answer to what is no media type: %s",
    (header) => {
      expect(acceptanceOf(header)).toEqual({ text: undefined, json: undefined, html: false });
      expect(acceptanceOf(`${header}, */*`).text).toBeUndefined();
    },
  );

  it("names the charset of all it answers", () => {
    expect(acceptanceOf(undefined)).toEqual({
      text: "text/plain;charset=UTF-8",
      json: "application/json;charset=UTF-8",
      html: false,
    });
    expect(acceptanceOf("application/vnd.api+json, text/html")).toEqual({
      text: "application/vnd.api+json;charset=UTF-8",
      json: "application/vnd.api+json;charset=UTF-8",
      html: true,
    });
  });

  it("does not mind letter cases and empty parts", () => {
    expect(acceptanceOf("TEXT/HTML, Application/JSON,")).toEqual(
      acceptanceOf("text/html,application/json"),
    );
  });

  it("gives error pages as HTML to whoever names it", () => {
    expect([JAVA, BROWSER, "text/html"].every((header) => acceptanceOf(header).html)).toBe(true);
    expect(["*/*", "text/*", "text/plain", ""].some((header) => acceptanceOf(header).html)).toBe(
      false,
    );
  });

  it("takes one look at a header of many types", () => {
    const header = Array.from({ length: 20_000 }, (_, index) => `a/b${index};q=0.${index}`).join();
    const begunMs = performance.now();
    expect(typesOf(header)[1]).toBeUndefined();
    expect(performance.now() - begunMs).toBeLessThan(500);
  });
});
