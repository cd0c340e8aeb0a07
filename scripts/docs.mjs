// Writes the pages of docs/ that come from tables in the code. Each has a builder in
// apps/server/src/docs/generated-pages.ts, and a test there fails when a page and its builder differ.

import { readFileSync, writeFileSync } from "node:fs";
import { generatedPages } from "../apps/server/dist/docs/generated-pages.js";

const folder = new URL("../docs/", import.meta.url);
const recorded = new URL("../test/interop/deviations.json", import.meta.url);
const sources = { deviations: JSON.parse(readFileSync(recorded, "utf8")) };

for (const [name, build] of Object.entries(generatedPages)) {
  writeFileSync(new URL(name, folder), build(sources));
  console.log(`docs/${name}`);
}
