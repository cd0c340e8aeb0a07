// One thread of `seeds.mjs`: runs the seeds that it is given until it is given none.

import { parentPort, workerData } from "node:worker_threads";

const { runSeed } = await import(
  new URL("../node_modules/.simulation/sim-seed.js", import.meta.url).href
);

// Calls fail by the thousand here, and their stacks cost more than they tell.
Error.stackTraceLimit = 3;

// What nobody awaits fails the seed that is being run.
let unexpected;
process.on("unhandledRejection", (error) => {
  unexpected ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
});

parentPort.on("message", (seeds) => {
  if (seeds.length === 0) parentPort.close();
  else void runAll(seeds);
});
parentPort.postMessage(undefined);

async function runAll(seeds) {
  for (const seed of seeds) parentPort.postMessage(await run(seed));
  parentPort.postMessage(undefined);
}

async function run(seed) {
  unexpected = undefined;
  const result = await runSeed({ ...workerData, seed });
  if (unexpected === undefined) return result;
  const failure = { property: "no crash", message: unexpected, atMs: 0, lines: [], histories: [] };
  return { ...result, failure };
}
