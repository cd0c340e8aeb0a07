/** What clients see while members restart, die, come back empty, or all start at once. */

import { setTimeout as sleep } from "node:timers/promises";
import { Fleet } from "../../kit/fleet/fleet.mjs";
import { ListWatch } from "../../kit/fleet/list-watch.mjs";
import { startMembers } from "../members.mjs";

const FLEET = { services: 1_000, perService: 10 };
const BEAT_INTERVAL_MS = 5_000;
const CALM_MS = 10_000;
// Longer than an instance may be silent, so that a wrong expiry shows.
const LONG_CALM_MS = 40_000;
const ALONE_MS = 10_000;

/** @param {object} context */
export async function runRolling(context) {
  const { members, fleet, watch } = await begin(context);
  const stops = [];
  const starts = [];
  for (let index = 0; index < 3; index++) {
    context.say(`rolling: restarting member ${index + 1} of 3`);
    stops.push(await members.end(index, "SIGTERM"));
    members.start(index);
    starts.push(await members.ready(index));
    await sleep(CALM_MS);
  }
  await sleep(LONG_CALM_MS - CALM_MS);
  const seen = await end({ members, fleet, watch });
  return {
    title: "rolling restart (3 members, 10,000 instances beating every 5 s)",
    figures: [
      ...seen.figures,
      { name: "repeated registrations", value: fleet.registeredAgain, limit: 0 },
      {
        name: "SIGTERM -> process gone, longest",
        value: Math.max(...stops),
        unit: "ms",
        limit: 2_000,
      },
      { name: "start -> serves, longest", value: Math.max(...starts), unit: "ms" },
    ],
    text: seen.text,
  };
}

/** @param {object} context */
export async function runKill(context) {
  const { members, fleet, watch } = await begin(context);
  context.say("kill: kill -9 of one member, which stays away");
  await members.end(1, "SIGKILL");
  await sleep(LONG_CALM_MS);
  const away = { missing: watch.missing, unhealthy: watch.unhealthy };
  context.say("kill: it comes back, empty");
  members.start(1);
  const backMs = await members.ready(1);
  await sleep(LONG_CALM_MS);
  const seen = await end({ members, fleet, watch });
  return {
    title: "kill -9 of one member (3 members, 10,000 instances beating every 5 s)",
    figures: [
      { name: "missing or unhealthy while away", value: away.missing + away.unhealthy, limit: 0 },
      ...seen.figures,
      { name: "repeated registrations", value: fleet.registeredAgain },
      { name: "back -> serves", value: backMs, unit: "ms" },
    ],
    text: seen.text,
  };
}

/** @param {object} context */
export async function runColdStart(context) {
  const { members, fleet, watch } = await begin(context);
  context.say("cold-start: all three killed and started at once");
  const lists = watch.lists;
  for (let index = 0; index < 3; index++) members.at(index).kill("SIGKILL");
  await Promise.all([0, 1, 2].map((index) => members.at(index).gone()));
  for (let index = 0; index < 3; index++) members.start(index);
  const beganMs = performance.now();
  await Promise.all([0, 1, 2].map((index) => members.ready(index)));
  const readyMs = performance.now() - beganMs;
  context.say(`cold-start: all serve after ${readyMs.toFixed(0)} ms`);
  await sleep(CALM_MS);
  const seen = await end({ members, fleet, watch });
  return {
    title: "all three killed and started at once (10,000 instances beating every 5 s)",
    figures: [
      {
        name: "start -> all serve",
        value: readyMs,
        unit: "ms",
        limit: 2 * BEAT_INTERVAL_MS + 1_500,
      },
      ...seen.figures.slice(0, 2),
      { name: "lists read after", value: watch.lists - lists },
    ],
    text: seen.text,
  };
}

async function begin({ nacre, say }) {
  const members = await startMembers(nacre, 3);
  const { ports } = members;
  const fleet = new Fleet({ ports, ...FLEET, beatIntervalMs: BEAT_INTERVAL_MS });
  say("registering 10,000 instances");
  fleet.start();
  await fleet.registerAll();
  await sleep(ALONE_MS);
  const watch = new ListWatch({ ports, ...FLEET });
  await sleep(2_000);
  return { members, fleet, watch };
}

async function end({ members, fleet, watch }) {
  await watch.stop();
  await fleet.stop();
  await members.stop();
  return {
    figures: [
      { name: "missing in lists of serving members", value: watch.missing, limit: 0 },
      { name: "unhealthy in lists of serving members", value: watch.unhealthy, limit: 0 },
      { name: "calls that failed at every member", value: fleet.failedEverywhere, limit: 0 },
      { name: "calls that had to try another member", value: fleet.turnedAway },
      { name: "calls", value: fleet.calls },
      { name: "lists read", value: watch.lists },
      { name: "longest round of all lists of a member", value: watch.roundMsMax, unit: "ms" },
    ],
    text: [...watch.examples, ...fleet.examples].join("\n"),
  };
}
