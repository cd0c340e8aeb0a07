/** CPU time per request of each operation, next to that of a bare `node:http` server. */

import { setTimeout as sleep } from "node:timers/promises";
import { format, table, verdict } from "../report.mjs";
import { operations } from "../requests.mjs";
import { startBare, startNacre } from "../servers.mjs";
import { spread } from "../stats.mjs";

const SERVICES = 1_000;
const PER_SERVICE = 10;
const CONNECTIONS = 32;
const WARMUP_SECONDS = 2;
const WARMUP_REQUESTS = 20_000;
// Work a server puts off until after the answer belongs to the run that caused it.
const SETTLE_MS = 300;

/** How many times the CPU time of the bare server each operation may take. */
export const limits = { beat: 1.5, "light-beat": 1.5, list: 1.5, register: 2, deregister: 2 };

/**
 * @param {string[]} names
 * @param {object} context
 * @returns {Promise<{ text: string, results: object[], figures: object[] }>}
 */
export async function runOperations(names, context) {
  const nacre = await startNacre(context.nacre);
  const bare = await startBare();
  const results = [];
  for (const name of names) {
    context.say(`${name}: warming up`);
    results.push(await runOperation(name, { ...context, nacre, bare }));
  }
  await Promise.all([nacre.stop(), bare.stop()]);
  const figures = results.map(({ name, ratio }) => ({ name, ...ratio, limit: limits[name] }));
  return { text: report(results), results, figures };
}

async function runOperation(name, context) {
  const { nacre, bare, runs, say } = context;
  const job = { operation: name, services: SERVICES, perService: PER_SERVICE };
  await refresh(context);
  const answers = await imitate(job, context);
  const warmup = { seconds: WARMUP_SECONDS, minRequests: WARMUP_REQUESTS };
  for (const server of [bare, nacre]) await measure(server, { ...job, ...warmup }, context);

  const pairs = [];
  for (let run = 1; run <= runs; run++) {
    const seconds = { seconds: context.seconds };
    // Taking turns: when the machine slows down, it slows down both.
    const ofBare = await measure(bare, { ...job, ...seconds }, context);
    await refresh(context);
    const ofNacre = await measure(nacre, { ...job, ...seconds }, context);
    pairs.push({ bare: ofBare, nacre: ofNacre });
    say(
      `${name}: run ${run} of ${runs}: ${format(ofBare.micros)} and ${format(ofNacre.micros)} µs`,
    );
  }
  return {
    name,
    answerBytes: answers.map(({ body }) => Buffer.byteLength(body, "base64")),
    bare: summary(pairs.map((pair) => pair.bare)),
    nacre: summary(pairs.map((pair) => pair.nacre)),
    ratio: withUnit(spread(pairs.map((pair) => pair.nacre.micros / pair.bare.micros))),
    pairs,
  };
}

/**
 * Full beats of the whole fleet: whatever the runs before did, all instances are there and healthy,
 * and stay so for 15 s.
 */
async function refresh({ nacre, load }) {
  const job = { operation: "beat", services: SERVICES, perService: PER_SERVICE };
  await load.run("closed", { ...job, port: nacre.port, connections: CONNECTIONS, once: true });
  await sleep(SETTLE_MS);
}

/** Makes the bare server answer what Nacre answers. */
export async function imitate(job, { nacre, bare, load }) {
  const { answers } = await load.run("sample", { ...job, port: nacre.port });
  const parsed = answers.map(({ method, status, head, body }) => ({
    method,
    status,
    headers: copiedHeaders(head, Buffer.byteLength(body, "base64")),
    body,
  }));
  const sendDate = answers.every(({ head }) => /\r\ndate:/i.test(head));
  await bare.setAnswers({ answers: parsed, sendDate });
  return answers;
}

// Those about the connection are left to each server.
function copiedHeaders(head, length) {
  const pairs = head
    .split("\r\n")
    .slice(1)
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()])
    .filter(
      ([name]) => !/^(date|connection|keep-alive|transfer-encoding|content-length)$/i.test(name),
    );
  return { ...Object.fromEntries(pairs), "Content-Length": String(length) };
}

async function measure(server, job, { load }) {
  const before = await server.probe();
  const run = await load.run("closed", { ...job, port: server.port, connections: CONNECTIONS });
  await sleep(SETTLE_MS);
  const after = await server.probe();
  if (run.wrong > 0) {
    throw new Error(`${job.operation}: ${run.wrong} wrong answers, one is ${run.wrongExample}`);
  }
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return {
    ...run,
    micros: cpuMicros / run.requests,
    cpuShare: cpuMicros / 1_000 / run.tookMs,
    loopShare: (after.activeMs - before.activeMs) / run.tookMs,
    rssBytes: after.rssBytes,
  };
}

function summary(runs) {
  const over = (field) => spread(runs.map((run) => run[field]));
  return {
    micros: over("micros"),
    perSecond: over("perSecond"),
    p50Ms: over("p50Ms"),
    p99Ms: over("p99Ms"),
    cpuShare: over("cpuShare"),
    generatorShare: over("generatorShare"),
  };
}

function withUnit({ median, min, max }) {
  return { value: median, min, max, unit: "x bare" };
}

function report(results) {
  const rows = results.flatMap((result) => [
    row(operations[result.name].title, "bare", result.bare, ["", "", "", ""]),
    row("", "nacre", result.nacre, [
      format(result.ratio.value),
      `${format(result.ratio.min)} - ${format(result.ratio.max)}`,
      `<= ${limits[result.name]}`,
      verdict({ value: result.ratio.value, limit: limits[result.name] }),
    ]),
  ]);
  const heads = ["operation", "server", "CPU µs/req", "spread", "req/s", "p50 ms", "p99 ms"];
  const more = ["CPU %", "load %", "x bare", "spread", "target", ""];
  const fleet = `${SERVICES} services x ${PER_SERVICE} instances, ${CONNECTIONS} connections`;
  return `operations (${fleet})\n${table([[...heads, ...more], ...rows])}`;
}

function row(title, server, figures, last) {
  const { micros, perSecond, p50Ms, p99Ms, cpuShare, generatorShare } = figures;
  return [
    title,
    server,
    format(micros.median),
    `${format(micros.min)} - ${format(micros.max)}`,
    format(perSecond.median),
    format(p50Ms.median),
    format(p99Ms.median),
    String(Math.round(cpuShare.median * 100)),
    String(Math.round(generatorShare.median * 100)),
    ...last,
  ];
}
