import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import {
  StepFailed,
  build,
  install,
  manifestOf,
  packageFolders,
  pnpmEnvironment,
  root,
  say,
  tool,
} from "./steps.mjs";

// The last line of each project, written by vitest.summary.ts. It comes through turbo, which
// prints it again when it replays a run from its cache.
const summaryLine = /tests of (\S+): (\d+) passed, (\d+) failed, (\d+) skipped/;

/** Builds, tests every package that has changed, and ends with `N passed, N failed`. */
export async function test(flags) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    install();
    build(); // the tests of the whole start real members
    await testPackages(flags, total);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    total.failed += 1;
  }
  if (total.failed > 0) process.exitCode = 1;
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
}

async function testPackages(flags, total) {
  const { status, summaries } = await turboTest(flags);
  for (const [passed, failed, skipped] of summaries.values()) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  // A run that broke before it could count counts as one failure.
  for (const project of projects().filter((name) => !summaries.has(name))) {
    console.error(`test: ${project} ended without a summary`);
    total.failed += 1;
  }
  if (status !== 0 && total.failed === 0) throw new StepFailed(`test: turbo ended with ${status}`);
}

/** Every project with tests, named as in the summaries: the package's name without its scope. */
function projects() {
  return packageFolders()
    .map(manifestOf)
    .filter(({ scripts }) => scripts?.test !== undefined)
    .map(({ name }) => name.replace("@nacre/", ""));
}

/** Runs `turbo run test` and shows its output, from which it takes each project's summary. */
async function turboTest(flags) {
  // Some packages have nothing that a filter selects, which is no failure.
  const args = ["run", "test", "--continue=always", "--concurrency=2"];
  if (flags.length > 0) args.push("--", "--passWithNoTests", ...flags);
  say("test", `turbo ${args.join(" ")}`);
  const child = spawn(tool("turbo"), args, {
    cwd: root,
    env: {
      ...pnpmEnvironment(),
      NACRE_NODE_VERSION: process.versions.node, // what passed on one Node says nothing of another
      TURBO_TELEMETRY_DISABLED: "1",
      TURBO_NO_UPDATE_NOTIFIER: "1",
      // Its output comes through us, so whether to colour it is for us to see.
      ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(status ?? signal));
  });
  const summaries = new Map();
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    const [, project, ...counts] = summaryLine.exec(line) ?? [];
    if (project !== undefined) summaries.set(project, counts.map(Number));
  }
  return { status: await ended, summaries };
}
