// The commands of this repository: npm start, npm test, npm run build|check|bench|docs|release.
//
// A machine needs Node and npm, nothing else: each command first installs and builds what it uses,
// and skips whatever has not changed since the last time.

import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const needed = /\d+\.\d+/.exec(manifest.engines.node)[0];

if (isOlder(process.versions.node, needed)) {
  console.error(`Nacre needs Node ${needed} or later, this is Node ${process.versions.node}.`);
  process.exit(1);
}

// Only now: the modules below may use what an older Node cannot even parse.
const { runCommand } = await import("./commands.mjs");
await runCommand(process.argv[2], process.argv.slice(3));

function isOlder(version, floor) {
  const [major, minor] = version.split(".").map(Number);
  const [floorMajor, floorMinor] = floor.split(".").map(Number);
  return major < floorMajor || (major === floorMajor && minor < floorMinor);
}
