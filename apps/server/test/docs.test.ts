import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { generatedPages } from "../src/docs.ts";

describe("the pages written from the code", () => {
  it.each(Object.entries(generatedPages))(
    "docs/%s is current (else: npm run docs)",
    (name, build) => {
      const page = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
      expect(page).toBe(build());
    },
  );
});
