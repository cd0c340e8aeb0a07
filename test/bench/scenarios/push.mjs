/** From a change to the datagram that tells a subscriber. */

import { setTimeout as sleep } from "node:timers/promises";
import { startNacre } from "../servers.mjs";

const FLEET = { services: 200, perService: 10 };
const CHANGES = 1_000;
const CHANGES_PER_SECOND = 100;
// Long enough for pushes of the registration to be over before anybody subscribes.
const SETTLE_MS = 1_500;

/** @param {object} context */
export async function runPush({ nacre, load, say }) {
  const server = await startNacre(nacre);
  const job = { ...FLEET, port: server.port };
  await load.run("closed", { ...job, operation: "beat", connections: 8, once: true });
  await sleep(SETTLE_MS);
  say(`push: ${CHANGES} changes, ${CHANGES_PER_SECOND} a second`);
  const pushes = await load.run("push", {
    ...job,
    changes: CHANGES,
    changesPerSecond: CHANGES_PER_SECOND,
  });
  await server.stop();
  return {
    title: `push (${FLEET.services} subscribers, ${CHANGES} changes)`,
    figures: [
      { name: "p50, change to datagram", value: pushes.p50Ms, unit: "ms" },
      { name: "p99, change to datagram", value: pushes.p99Ms, unit: "ms", limit: 50 },
      { name: "largest", value: pushes.maxMs, unit: "ms" },
      { name: "p99, change to answer", value: pushes.answerP99Ms, unit: "ms" },
      { name: "changes nobody heard of", value: pushes.unheard, limit: 0 },
      { name: "wrong answers", value: pushes.wrong, limit: 0 },
      { name: "datagrams", value: pushes.datagrams },
    ],
    pushes,
  };
}
