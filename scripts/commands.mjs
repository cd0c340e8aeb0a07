import { fileURLToPath } from "node:url";
import { check } from "./check.mjs";
import { test } from "./test.mjs";
import { StepFailed, build, install, pnpmEnvironment, run, say, tool } from "./steps.mjs";

const commands = { start, build: buildAll, test, check, bench, docs, release };

/** Runs one command with the flags that followed it and sets the exit code. */
export async function runCommand(name, flags) {
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`Say one of: ${Object.keys(commands).join(", ")}.`);
    process.exitCode = 1;
    return;
  }
  try {
    await command(flags);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function start(flags) {
  install();
  build();
  say("start", ["nacre", "start", ...flags].join(" "));
  // This process becomes the member: signals and exit codes are its own, and nothing stands
  // between it and whoever started it.
  const bin = new URL("../apps/server/bin/nacre.js", import.meta.url);
  process.argv = [process.execPath, fileURLToPath(bin), "start", ...flags];
  await import(bin.href);
}

function buildAll() {
  install();
  build();
}

function bench(flags) {
  install();
  build();
  run("bench", process.execPath, ["test/bench/run.mjs", ...flags]);
}

function docs() {
  install();
  build();
  run("docs", process.execPath, ["scripts/docs.mjs"]);
}

/** Gives the versions that `changeset version` wrote to the registry. */
function release(flags) {
  check();
  run("release", tool("changeset"), ["publish", ...flags], { env: pnpmEnvironment() });
}
