/** 20,000 instances that beat at three members, and what an idle cluster says to itself. */

import { setTimeout as sleep } from "node:timers/promises";
import { Fleet, patient } from "../../kit/fleet/fleet.mjs";
import { ListWatch } from "../../kit/fleet/list-watch.mjs";
import { startMembers } from "../members.mjs";

const FLEET = { services: 1_000, perService: 20 };
const SECONDS = 60;
const SETTLE_MS = 12_000;
const MIB = 1024 * 1024;
const IDLE_FLEET = { services: 10_000, perService: 1 };
const IDLE_SECONDS = 60;

/** @param {object} context */
export async function runClusterLoad({ nacre, secondsGiven, say }) {
  const seconds = secondsGiven ?? SECONDS;
  const members = await startMembers(nacre, 3);
  const fleet = new Fleet({ ports: members.ports, ...FLEET });
  say("cluster-load: registering 20,000 instances");
  fleet.start();
  await fleet.registerAll();
  await sleep(SETTLE_MS);
  say(`cluster-load: 4,000 beats/s for ${seconds} s`);
  const before = await probeAll(members);
  const beganMs = performance.now();
  await sleep(seconds * 1_000);
  const tookMs = performance.now() - beganMs;
  const after = await probeAll(members);
  const watch = new ListWatch({ ports: members.ports, ...FLEET });
  await sleep(3_000);
  await watch.stop();
  await fleet.stop();
  const peaks = members.running.map((server) => (server.peakRssBytes() ?? NaN) / MIB);
  await members.stop();
  const cpuMicros = sum(after, "cpuMicros") - sum(before, "cpuMicros");
  return {
    title: `cluster-load (3 members, 20,000 instances, 4,000 beats/s, ${seconds} s)`,
    figures: [
      {
        name: "CPU of all members",
        value: (cpuMicros / tookMs / 1_000) * 100,
        unit: "% of a core",
        limit: 60,
      },
      {
        name: "largest resident size of a member",
        value: Math.max(...peaks),
        unit: "MiB",
        limit: 180,
      },
      { name: "missing", value: watch.missing, limit: 0 },
      { name: "unhealthy", value: watch.unhealthy, limit: 0 },
      { name: "repeated registrations", value: fleet.registeredAgain, limit: 0 },
      { name: "calls that failed", value: fleet.failedEverywhere, limit: 0 },
    ],
    text: [...watch.examples, ...fleet.examples].join("\n"),
  };
}

/** @param {object} context */
export async function runClusterIdle({ nacre, say }) {
  const members = await startMembers(nacre, 2);
  const fleet = new Fleet({ ports: members.ports, ...IDLE_FLEET, metadata: patient });
  await fleet.registerAll();
  await fleet.stop();
  await sleep(SETTLE_MS);
  say(`cluster-idle: counting what two members say to each other for ${IDLE_SECONDS} s`);
  const before = await verifyBytes(members);
  await sleep(IDLE_SECONDS * 1_000);
  const bytes = (await verifyBytes(members)) - before;
  await members.stop();
  return {
    title: "cluster-idle (2 members, 10,000 services)",
    figures: [
      {
        name: "verify traffic of the pair, headers included",
        value: bytes / IDLE_SECONDS,
        unit: "B/s",
        limit: 1_000,
      },
    ],
  };
}

async function probeAll(members) {
  return Promise.all(members.running.map((server) => server.probe()));
}

function sum(probes, name) {
  return probes.reduce((total, probe) => total + probe[name], 0);
}

// Both directions, as the members count them.
async function verifyBytes(members) {
  const texts = await Promise.all(
    members.ports.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/nacos/actuator/prometheus`);
      return answer.text();
    }),
  );
  return texts.reduce((total, text) => total + metric(text), 0);
}

function metric(text) {
  const lines = text.matchAll(/^nacre_peer_bytes_total\{[^}]*call="digest"[^}]*\} (\S+)$/gm);
  return [...lines].reduce((total, [, value]) => total + Number(value), 0);
}
