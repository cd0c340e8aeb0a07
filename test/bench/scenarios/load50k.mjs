/** 50,000 instances that beat every 5 s: does one core do it, and is nobody lost? */

import { setTimeout as sleep } from "node:timers/promises";
import { startBare, startNacre } from "../servers.mjs";
import { imitate } from "./operations.mjs";

const FLEET = { services: 5_000, perService: 10 };
const INSTANCES = FLEET.services * FLEET.perService;
const BEATS_PER_SECOND = 10_000; // each instance every 5 s
const CONNECTIONS = 64;
/** Shorter than the time after which an instance without beats counts as unhealthy. */
const BARE_SECONDS = 10;
const SECONDS = 60;
/** Instances registered before those already there must beat again. */
const BATCH = 10_000;
const CHECKED_SERVICES = 500;
const MIB = 1024 * 1024;
const LOST = /expire|beats?[ _-]?(stopped|lost|missed)|unhealthy|removed/i;

/** @param {object} context */
export async function runLoad50k({ nacre, load, secondsGiven, say }) {
  const seconds = secondsGiven ?? SECONDS;
  const server = await startNacre(nacre);
  const job = { ...FLEET, port: server.port, connections: CONNECTIONS };
  await registerAll(job, load, say);

  const bare = await startBare();
  await imitate({ ...FLEET, operation: "light-beat" }, { nacre: server, bare, load });
  say(`load50k: ${BEATS_PER_SECOND} beats/s to the bare server for ${BARE_SECONDS} s`);
  const { micros: bareMicros } = await beat(bare, BARE_SECONDS, job, load);
  await bare.stop();
  await load.run("closed", { ...job, once: true, operation: "light-beat", range: [0, INSTANCES] });

  say(`load50k: ${BEATS_PER_SECOND} beats/s for ${seconds} s`);
  const { beats, micros, share, after } = await beat(server, seconds, job, load);
  const health = await checkHealth(job, load);
  const history = await readHistory(server.port);
  await server.stop();

  return {
    title: `load50k (${INSTANCES} instances, ${BEATS_PER_SECOND} beats/s, ${seconds} s)`,
    figures: [
      { name: "CPU of the server", value: share * 100, unit: "% of a core", limit: 30 },
      { name: "CPU per beat", value: micros, unit: "µs" },
      { name: "CPU per beat, bare server", value: bareMicros, unit: "µs" },
      { name: "CPU per beat, x bare", value: micros / bareMicros },
      { name: "p50 from due time", value: beats.p50Ms, unit: "ms" },
      { name: "p99 from due time", value: beats.p99Ms, unit: "ms", limit: 20 },
      { name: "largest from due time", value: beats.maxMs, unit: "ms" },
      { name: "p99 from leaving", value: beats.answerP99Ms, unit: "ms" },
      { name: "p99 lateness of the load", value: beats.sendLateP99Ms, unit: "ms" },
      { name: "wrong or missing answers", value: beats.wrong + beats.unanswered, limit: 0 },
      { name: "incomplete lists", value: health.incomplete, limit: 0 },
      { name: "instances not healthy", value: health.unhealthy, limit: 0 },
      { name: "false expiries in history", value: history.lost, limit: 0 },
      { name: "resident size", value: after.rssBytes / MIB, unit: "MiB" },
    ],
    text: history.note,
    beats,
    health,
    history,
  };
}

/** Sends beats at the fleet's pace, answered in time or not, and counts what the server spends. */
async function beat(server, seconds, job, load) {
  const before = await server.probe();
  const beats = await load.run(
    "open",
    {
      ...job,
      port: server.port,
      operation: "light-beat",
      ratePerSecond: BEATS_PER_SECOND,
      seconds,
    },
    (seconds + 60) * 1_000,
  );
  const after = await server.probe();
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  const share = cpuMicros / 1_000 / (after.wallMs - before.wallMs);
  return { beats, after, share, micros: cpuMicros / beats.requests };
}

// In batches: an instance that has to wait more than 15 s for its first beat counts as unhealthy.
async function registerAll(job, load, say) {
  for (let end = BATCH; end <= INSTANCES; end += BATCH) {
    const part = { ...job, once: true };
    await load.run("closed", { ...part, operation: "register", range: [end - BATCH, end] });
    await load.run("closed", { ...part, operation: "light-beat", range: [0, end] });
    say(`load50k: ${end} registered`);
  }
}

/** Lists show whether all are there; single reads catch services without any healthy instance. */
async function checkHealth(job, load) {
  const { incomplete } = await load.run("lists", {
    ...job,
    hosts: FLEET.perService,
    step: FLEET.services / CHECKED_SERVICES,
  });
  // Neighbours belong to different services: this is one instance of each service.
  const part = { ...job, once: true, operation: "detail", range: [0, FLEET.services] };
  const { wrong, wrongExample } = await load.run("closed", part);
  return { incomplete, unhealthy: wrong, unhealthyExample: wrongExample };
}

/** Every entry that tells of an instance lost counts: here nobody ever stops beating. */
async function readHistory(port) {
  await sleep(1_000);
  const response = await fetch(`http://127.0.0.1:${port}/nacre/v1/history`);
  if (response.status !== 200) {
    await response.body?.cancel();
    return { lost: undefined, note: `history: not looked at, the server says ${response.status}` };
  }
  const entries = entriesOf(await response.json());
  const lost = entries.filter((entry) => LOST.test(JSON.stringify(entry)));
  const example = lost.length === 0 ? "" : `, for example ${JSON.stringify(lost[0])}`;
  return { lost: lost.length, note: `history: ${entries.length} entries looked at${example}` };
}

// Either a bare list or an object around one.
function entriesOf(body) {
  if (Array.isArray(body)) return body;
  const list = Object.values(body ?? {}).find((value) => Array.isArray(value));
  if (list === undefined) throw new Error("the history holds no list");
  return list;
}
