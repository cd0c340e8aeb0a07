// node test/simulation/run.mjs --seeds 100000 [--from 1] [--threads 2] [--mutation verify]
// node test/simulation/run.mjs --seed 17        one seed, with its log; with what was said of a service:
// node test/simulation/run.mjs --seed 17 --trace service-3
//
// Builds first what has changed.

import { parseArgs } from "node:util";
import { build, runSeeds } from "./seeds.mjs";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    threads: { type: "string" },
    mutation: { type: "string" },
    faults: { type: "string" },
    trace: { type: "string" },
    "keep-going": { type: "boolean", default: false },
  },
});
const options = {
  ...(values.mutation === undefined ? {} : { mutation: values.mutation }),
  ...(values.faults === undefined ? {} : { faults: values.faults.split(",") }),
};

build();
if (values.seed === undefined) await runMany();
else await replay(Number(values.seed));

async function runMany() {
  const count = Number(values.seeds);
  const beganMs = performance.now();
  const totals = { seeds: 0, failed: 0, messages: 0, checks: 0 };
  const properties = new Map();
  await runSeeds({
    from: Number(values.from),
    count,
    options,
    threads: values.threads === undefined ? undefined : Number(values.threads),
    onResult({ seed, failure, messageCount, checkCount }) {
      totals.seeds++;
      totals.messages += messageCount;
      totals.checks += checkCount;
      if (totals.seeds % 1_000 === 0) console.log(rate(totals, beganMs));
      if (failure === undefined) return true;
      totals.failed++;
      const { property } = failure;
      properties.set(property, [...(properties.get(property) ?? []), seed]);
      if (totals.failed <= 3 && !values["keep-going"]) console.log(describe(seed, failure));
      else
        console.log(
          `seed ${seed} at ${(failure.atMs / 1e3).toFixed(1)} s: ${failure.message.slice(0, 220)}`,
        );
      return values["keep-going"] || totals.failed < 3;
    },
  });
  console.log(rate(totals, beganMs));
  for (const [property, seeds] of properties) {
    console.log(`${property}: ${seeds.length} failed, as seeds ${seeds.slice(0, 10).join(", ")}`);
  }
  process.exitCode = totals.failed === 0 ? 0 : 1;
}

function rate({ seeds, failed, messages, checks }, beganMs) {
  const tookS = (performance.now() - beganMs) / 1_000;
  const perSecond = (seeds / tookS).toFixed(1);
  return (
    `${seeds} seeds, ${failed} failed, ${perSecond} seeds/s, ` +
    `${messages} messages, ${checks} claims checked, ${tookS.toFixed(1)} s`
  );
}

function describe(seed, { property, message, atMs, lines, histories }) {
  const flags = Object.entries(options).map(
    ([name, value]) => ` --${name} ${JSON.stringify(value)}`,
  );
  return [
    `seed ${seed} failed at ${(atMs / 1_000).toFixed(1)} s: ${message}`,
    `property: ${property}`,
    ...lines,
    ...histories,
    `replay: node test/simulation/run.mjs --seed ${seed}${flags.join("")}`,
    "",
  ].join("\n");
}

async function replay(seed) {
  const { runSeed } = await import(
    new URL("../node_modules/.simulation/sim-seed.js", import.meta.url).href
  );
  const print = (line) => console.log(line);
  const { failure, callCount, messageCount, checkCount } = await runSeed({
    ...options,
    seed,
    print,
  });
  console.log(
    `${callCount} calls of clocks, ${messageCount} messages, ${checkCount} claims checked`,
  );
  if (failure === undefined) return;
  console.log(`failed at ${(failure.atMs / 1_000).toFixed(1)} s: ${failure.message}`);
  for (const line of failure.histories) console.log(line);
  process.exitCode = 1;
}
