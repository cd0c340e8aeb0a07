/** A new member joins a large cluster, and what that costs the others. */

import { setTimeout as sleep } from "node:timers/promises";
import { Fleet, patient } from "../../kit/fleet/fleet.mjs";
import { startMembers } from "../members.mjs";

const FLEET = { services: 10_000, perService: 10 };
const BEATS_PER_SECOND = 500;
const SECONDS = 10;
const MIB = 1024 * 1024;
const LOAD_LIMIT_MS = 3_000;

/** @param {object} context */
export async function runJoin({ nacre, load, say }) {
  const members = await startMembers(nacre, 3, { running: 2 });
  say("join: registering 100,000 instances");
  // They may be silent for long: what is measured is the load, not who beats.
  const fleet = new Fleet({ ports: members.ports.slice(0, 2), ...FLEET, metadata: patient });
  await fleet.registerAll();
  await fleet.stop();
  await sleep(10_000);
  const job = { services: 100, perService: 10, port: members.ports[0], connections: 16 };
  await load.run("closed", { ...job, operation: "register", once: true });
  const beats = { ...job, operation: "light-beat", ratePerSecond: BEATS_PER_SECOND };
  say("join: beats before");
  const before = await load.run("open", { ...beats, seconds: SECONDS }, 120_000);
  say("join: the third member starts");
  const during = load.run("open", { ...beats, seconds: SECONDS }, 120_000);
  await sleep(1_000);
  members.start(2);
  const tookMs = await members.ready(2);
  const meanwhile = await during;
  const peakBytes = members.at(2).peakRssBytes();
  await members.stop();
  return {
    title: `join (10,000 services x 10, ${BEATS_PER_SECOND} beats/s at a peer meanwhile)`,
    figures: [
      { name: "start -> loaded and serving", value: tookMs, unit: "ms", limit: LOAD_LIMIT_MS },
      { name: "beat p99 at the peer before", value: before.p99Ms, unit: "ms" },
      { name: "beat p99 at the peer meanwhile", value: meanwhile.p99Ms, unit: "ms", limit: 20 },
      { name: "largest at the peer meanwhile", value: meanwhile.maxMs, unit: "ms" },
      {
        name: "largest resident size of the new member",
        value: (peakBytes ?? NaN) / MIB,
        unit: "MiB",
        limit: 350,
      },
    ],
  };
}
