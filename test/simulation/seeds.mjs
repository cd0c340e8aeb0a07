// Runs seeds on as many threads as there are processors.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/** Builds what the threads run, and whatever of the packages has changed since the last time. */
export function build() {
  const tsc = createRequire(import.meta.url).resolve("typescript/package.json");
  const { bin } = createRequire(import.meta.url)("typescript/package.json");
  const project = fileURLToPath(new URL("tsconfig.json", import.meta.url));
  const path = fileURLToPath(new URL(bin.tsc, pathToFileURL(tsc)));
  const { status, stdout } = spawnSync(process.execPath, [path, "-b", project], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the simulation cannot be built\n${stdout}`);
}

/** How many seeds a thread takes at a time. */
const PORTION = 5;

/**
 * Runs `count` seeds from `from` on. `onResult` is told of each, in the order in which they end; when it
 * returns false, no further ones are begun.
 */
export async function runSeeds({ from, count, options = {}, threads, onResult }) {
  const threadCount = Math.min(threads ?? availableParallelism(), Math.ceil(count / PORTION));
  let next = from;
  let isOver = false;
  const take = () => {
    const seeds = [];
    while (!isOver && next < from + count && seeds.length < PORTION) seeds.push(next++);
    return seeds;
  };
  const runThread = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("seeds-thread.mjs", import.meta.url), {
        workerData: options,
        // Not those of a test runner: what runs here is built.
        execArgv: [],
        // A seed makes much that is soon forgotten.
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
      });
      worker.once("error", reject);
      worker.once("exit", () => resolve());
      worker.on("message", (result) => {
        if (result !== undefined && onResult(result) === false) isOver = true;
        if (result === undefined) worker.postMessage(take());
      });
    });
  await Promise.all(Array.from({ length: Math.max(1, threadCount) }, runThread));
}
