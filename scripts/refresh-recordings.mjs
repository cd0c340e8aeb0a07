// Copies recordings into the tests: node scripts/refresh-recordings.mjs FOLDER...
//
// Looks for the known files in the folders given; what is in none of them stays as it is.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const names = ["http.json", "udp.json", "distro.json", "vectors.json"];
const target = fileURLToPath(new URL("../test/interop/recordings/", import.meta.url));
const folders = process.argv.slice(2);

if (folders.length === 0) {
  console.error("usage: node scripts/refresh-recordings.mjs FOLDER...");
  process.exit(1);
}

for (const name of names) {
  const source = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (source !== undefined) writeFileSync(join(target, name), readFileSync(source));
  console.log(`${name}: ${source === undefined ? "in none of the folders, kept" : "copied"}`);
}
