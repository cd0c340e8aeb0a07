/** Resident memory while 10,000 instances beat. */

import { setTimeout as sleep } from "node:timers/promises";
import { startNacre } from "../servers.mjs";
import { mean } from "../stats.mjs";

const FLEET = { services: 1_000, perService: 10 };
const BEATS_PER_SECOND = 2_000; // each instance every 5 s
const CONNECTIONS = 64;
const SAMPLE_MS = 10_000;
const SAMPLES_MIN = 20;
const MIB = 1024 * 1024;
// A leak of 10 bytes per beat gains more in ten minutes.
const GROWTH_LIMIT_PERCENT = 5;

/** @param {object} context */
export async function runMemory({ nacre, load, minutes, say }) {
  const server = await startNacre(nacre);
  const seconds = minutes * 60;
  const sampleMs = Math.min(SAMPLE_MS, (seconds * 1_000) / SAMPLES_MIN);
  const curve = [await sample(server)];
  const job = { ...FLEET, port: server.port, connections: CONNECTIONS };
  await load.run("closed", { ...job, operation: "register", once: true });
  curve.push(await sample(server));

  const timer = setInterval(() => {
    sample(server).then(
      (point) => {
        curve.push(point);
        say(`memory: ${point.atSeconds.toFixed(0)} s ${point.rssMib.toFixed(1)} MiB`);
      },
      (error) => say(`memory: ${error.message}`),
    );
  }, sampleMs);
  // What is alive tells a leak; the resident size goes up and down as the collector likes.
  const earlyLive = sleep(seconds * 200).then(() => server.liveBytes());
  const beats = await load
    .run(
      "open",
      { ...job, operation: "light-beat", ratePerSecond: BEATS_PER_SECOND, seconds },
      (seconds + 60) * 1_000,
    )
    .finally(() => clearInterval(timer));
  const live = { earlyBytes: await earlyLive, lateBytes: await server.liveBytes() };
  const peakBytes = server.peakRssBytes();
  await server.stop();
  return {
    title: `memory (10,000 instances, ${BEATS_PER_SECOND} beats/s, ${minutes} min)`,
    figures: figures(curve, live, peakBytes, beats),
    text: drawing(curve),
    curve,
    beats,
  };
}

async function sample(server) {
  const { wallMs, rssBytes, heapBytes } = await server.probe();
  return { atSeconds: wallMs / 1_000, rssMib: rssBytes / MIB, heapMib: heapBytes / MIB };
}

function figures(curve, { earlyBytes, lateBytes }, peakBytes, beats) {
  const sizes = curve.map(({ rssMib }) => rssMib);
  // The first two were taken before the beats.
  const beating = sizes.slice(2);
  const fifth = Math.max(Math.floor(beating.length / 5), 1);
  const early = mean(beating.slice(fifth, fifth * 2));
  const late = mean(beating.slice(-fifth));
  return [
    { name: "largest sample", value: Math.max(...sizes), unit: "MiB", limit: 130 },
    { name: "peak the kernel saw", value: peakBytes && peakBytes / MIB, unit: "MiB" },
    { name: "mean of the 2nd fifth", value: early, unit: "MiB" },
    { name: "mean of the last fifth", value: late, unit: "MiB" },
    { name: "alive after a fifth", value: earlyBytes / MIB, unit: "MiB" },
    { name: "alive at the end", value: lateBytes / MIB, unit: "MiB" },
    {
      name: "growth of what is alive",
      value: (lateBytes / earlyBytes - 1) * 100,
      unit: "%",
      limit: GROWTH_LIMIT_PERCENT,
    },
    { name: "wrong or missing answers", value: beats.wrong + beats.unanswered, limit: 0 },
  ];
}

function drawing(curve) {
  const step = Math.ceil(curve.length / 30);
  const largest = Math.max(...curve.map(({ rssMib }) => rssMib));
  return curve
    .filter((_, index) => index % step === 0)
    .map(({ atSeconds, rssMib, heapMib }) => {
      const bar = "#".repeat(Math.round((rssMib / largest) * 40));
      const numbers = `${rssMib.toFixed(1).padStart(7)} MiB (heap ${heapMib.toFixed(1)})`;
      return `${atSeconds.toFixed(0).padStart(5)} s ${bar.padEnd(40)} ${numbers}`;
    })
    .join("\n");
}
