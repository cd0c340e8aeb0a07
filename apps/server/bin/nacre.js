#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";

const main = new URL("../dist/main.js", import.meta.url);

if (existsSync(main)) {
  // Node 22 keeps what it has compiled, which halves the time to start.
  module.enableCompileCache?.();
  await import(main.href);
} else {
  process.stderr.write("nacre: not built yet, run npm run build first\n");
  process.exitCode = 1;
}
