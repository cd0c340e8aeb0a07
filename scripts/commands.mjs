import { fileURLToPath, pathToFileURL } from "node:url";
import { check } from "./check.mjs";
import { test } from "./test.mjs";
import {
  StepFailed,
  build,
  install,
  pnpmEnvironment,
  say,
  tool,
  run as runStep,
} from "./steps.mjs";

const commands = { start, build: buildAll, test, check, bench, docs, release };

/** Runs one command with the flags that followed it and sets the exit code. */
export async function run(name, flags) {
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
  const bin = fileURLToPath(new URL("../apps/server/bin/nacre.js", import.meta.url));
  process.argv = [process.execPath, bin, "start", ...flags];
  await import(pathToFileURL(bin).href);
}

function buildAll() {
  install();
  build();
}

function bench(flags) {
  install();
  build();
  runStep("bench", process.execPath, ["test/bench/run.mjs", ...flags]);
}

function docs(flags) {
  install();
  build();
  runStep("docs", process.execPath, ["scripts/docs.mjs", ...flags]);
}

/** Gives the versions that `changeset version` wrote to the registry. */
async function release(flags) {
  await check();
  if (process.exitCode) throw new StepFailed("release: not with a failing check");
  runStep("release", tool("changeset"), ["publish", ...flags], { env: pnpmEnvironment() });
}
