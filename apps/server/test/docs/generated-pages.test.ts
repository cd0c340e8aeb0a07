import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { generatedPages, type PageSources } from "../../src/docs/generated-pages.ts";

const sources: PageSources = {
  deviations: JSON.parse(read("test/interop/deviations.json")) as PageSources["deviations"],
};

/** A file of the repository. */
function read(path: string): string {
  return readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
}

describe("the pages written from the code", () => {
  it.each(Object.entries(generatedPages))(
    "docs/%s is current (else: npm run docs)",
    (name, build) => {
      expect(read(`docs/${name}`)).toBe(build(sources));
    },
  );
});
