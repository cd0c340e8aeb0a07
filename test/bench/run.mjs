/** The bench: reads the command line, runs what is named, prints tables. */

import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environment, figuresTable, heading, verdict } from "./report.mjs";
import { limits, runOperations } from "./scenarios/operations.mjs";
import { runJoin } from "./scenarios/cluster-join.mjs";
import { runClusterIdle, runClusterLoad } from "./scenarios/cluster-load.mjs";
import { runColdStart, runKill, runRolling } from "./scenarios/cluster-restarts.mjs";
import { runVisible } from "./scenarios/cluster-visible.mjs";
import { runLoad50k } from "./scenarios/load50k.mjs";
import { runMemory } from "./scenarios/memory.mjs";
import { runPush } from "./scenarios/push.mjs";
import { runStart } from "./scenarios/start.mjs";
import { logsOfEnded, startLoad, stopAll } from "./servers.mjs";

const OPERATIONS = Object.keys(limits);
const MEMBER_SCENARIOS = {
  visible: runVisible,
  rolling: runRolling,
  kill: runKill,
  "cold-start": runColdStart,
  join: runJoin,
  "cluster-load": runClusterLoad,
  "cluster-idle": runClusterIdle,
};
const SCENARIOS = {
  start: runStart,
  push: runPush,
  load50k: runLoad50k,
  memory: runMemory,
  ...MEMBER_SCENARIOS,
};
// Nobody beats during a run, and after 15 s without beats instances become unhealthy.
const OPERATION_SECONDS_MAX = 12;
const SERVER_BIN = fileURLToPath(new URL("../../apps/server/bin/nacre.js", import.meta.url));

const HELP = `Usage: node test/bench/run.mjs [names...] [options]

Names (default: operations start)
  operations      all five of: ${OPERATIONS.join(" ")}
  start           time to the first answer
  push            time from a change to the datagram
  load50k         50,000 instances beating
  memory          resident memory under 10,000 instances beating
  cluster         all of those below, with several members
  visible         from a write at one member to lists and pushes of the others
  rolling         a rolling restart under 10,000 instances beating
  kill            kill -9 of a member, which later comes back empty
  cold-start      all members killed and started at once
  join            a new member loads 10,000 services x 10
  cluster-load    20,000 instances beating at three members
  cluster-idle    what two members say to each other when nothing happens
  all             everything

Options
  --runs N        measured runs of each operation (3)
  --seconds N     length of a run, 1 to ${OPERATION_SECONDS_MAX} for operations (5); of load50k (60)
  --minutes N     length of memory (10)
  --server-bin P  the server to measure (apps/server/bin/nacre.js)
  --server-arg A  one more argument for its \`start\`; may be repeated
  --out FILE      write all figures as JSON
  --check         exit with 1 when a target is missed or was not measured
  --quiet         no progress on the error stream
  --help          this text
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error([error.message, ...logsOfEnded()].join("\n"));
  process.exitCode = 2;
} finally {
  await stopAll();
}

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
async function main(argv) {
  const options = readOptions(argv);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  }
  const { operations, scenarios } = selected(options.names);
  if (operations.length > 0) number("seconds", options.seconds, 1, OPERATION_SECONDS_MAX);
  console.log(heading());
  const context = { ...options, load: startLoad() };
  const results = { environment: environment(), operations: undefined, scenarios: {} };
  const figures = [];
  if (operations.length > 0) {
    const { text, ...result } = await runOperations(operations, context);
    results.operations = result.results;
    figures.push(...result.figures);
    console.log(`\n${text}`);
  }
  for (const name of scenarios) {
    const { title, text = "", ...result } = await SCENARIOS[name](context);
    results.scenarios[name] = result;
    figures.push(...result.figures);
    console.log(`\n${figuresTable(title, result.figures)}${text === "" ? "" : `\n${text}`}`);
  }
  if (options.out !== undefined)
    writeFileSync(options.out, `${JSON.stringify(results, null, 2)}\n`);
  const missed = figures.filter((figure) => !["PASS", ""].includes(verdict(figure)));
  return options.check && missed.length > 0 ? 1 : 0;
}

function readOptions(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "3" },
      seconds: { type: "string" },
      minutes: { type: "string", default: "10" },
      "server-bin": { type: "string", default: SERVER_BIN },
      "server-arg": { type: "string", multiple: true, default: [] },
      out: { type: "string" },
      check: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const bin = resolve(values["server-bin"]);
  if (!values.help && !existsSync(bin)) throw new Error(`no server at ${bin}; build it first`);
  const secondsGiven = values.seconds && number("seconds", values.seconds, 1, 3_600);
  return {
    names: positionals,
    nacre: { bin, args: values["server-arg"] },
    runs: number("runs", values.runs, 1, 100),
    seconds: secondsGiven ?? 5,
    secondsGiven,
    minutes: number("minutes", values.minutes, 0.2, 600),
    out: values.out,
    check: values.check,
    help: values.help,
    say: values.quiet ? () => {} : (line) => console.error(line),
  };
}

function selected(names) {
  const wanted = new Set(names.length === 0 ? ["operations", "start"] : names);
  const known = new Set([...OPERATIONS, ...Object.keys(SCENARIOS), "operations", "cluster", "all"]);
  for (const name of wanted) if (!known.has(name)) throw new Error(`unknown name: ${name}`);
  const has = (name, group) => wanted.has(name) || wanted.has("all") || wanted.has(group);
  return {
    operations: OPERATIONS.filter((name) => has(name, "operations")),
    scenarios: Object.keys(SCENARIOS).filter((name) =>
      has(name, name in MEMBER_SCENARIOS ? "cluster" : "all"),
    ),
  };
}

function number(name, text, min, max) {
  const value = Number(text);
  if (value >= min && value <= max) return value;
  throw new Error(`--${name} must be a number from ${min} to ${max}, not ${text}`);
}
