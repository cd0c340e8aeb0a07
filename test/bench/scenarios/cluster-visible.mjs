/** From a registration at one member to the lists and the pushes of the others. */

import { setTimeout as sleep } from "node:timers/promises";
import { Fleet, serviceAt } from "../../kit/fleet/fleet.mjs";
import { ServerLine } from "../../kit/fleet/server-line.mjs";
import { startMembers } from "../members.mjs";
import { Samples } from "../stats.mjs";

const FLEET = { services: 1_000, perService: 3 };
const REGISTRATIONS = 1_000;
const EVERY_MS = 20;
const PUSH_FLEET = { services: 100, perService: 10 };
const CHANGES = 500;
const VISIBLE_LIMIT_MS = 5_000;
const SETTLE_MS = 2_000;

/** @param {object} context */
export async function runVisible({ nacre, load, say }) {
  const members = await startMembers(nacre, 3);
  const fleet = new Fleet({ ports: members.ports, ...FLEET });
  fleet.start();
  await fleet.registerAll();
  say(`visible: ${REGISTRATIONS} registrations, one each ${EVERY_MS} ms`);
  const { latencies, unseen } = await registerAndLook(members.ports);
  await fleet.stop();

  const job = { ...PUSH_FLEET, port: members.ports[1] };
  await load.run("closed", { ...job, operation: "beat", connections: 8, once: true });
  await sleep(SETTLE_MS);
  say(`visible: ${CHANGES} changes at one member, subscribers at another`);
  const pushes = await load.run("push", {
    ...job,
    changePort: members.ports[0],
    changes: CHANGES,
    changesPerSecond: 50,
  });
  await members.stop();
  const { p50, p99, max } = latencies.summary();
  return {
    title: `visible (3 members, ${FLEET.services} services, registered at one, read at the others)`,
    figures: [
      { name: "registered -> served elsewhere, p50", value: p50, unit: "ms", limit: 40 },
      { name: "registered -> served elsewhere, p99", value: p99, unit: "ms", limit: 100 },
      { name: "largest", value: max, unit: "ms" },
      { name: "not seen within 5 s", value: unseen, limit: 0 },
      { name: "changed -> pushed elsewhere, p50", value: pushes.p50Ms, unit: "ms" },
      { name: "changed -> pushed elsewhere, p99", value: pushes.p99Ms, unit: "ms", limit: 150 },
      { name: "changes nobody heard of", value: pushes.unheard, limit: 0 },
    ],
    pushes,
  };
}

async function registerAndLook(ports) {
  const lines = ports.map((port) => new ServerLine(port));
  const latencies = new Samples();
  let unseen = 0;
  const looks = [];
  for (let index = 0; index < REGISTRATIONS; index++) {
    const at = index % lines.length;
    const ip = `11.0.${index >> 8}.${index & 255}`;
    const about = `namespaceId=public&serviceName=DEFAULT_GROUP%40%40${serviceAt(index % FLEET.services)}`;
    const sentMs = performance.now();
    const registered = lines[at].send(`/nacos/v1/ns/instance?${about}&ip=${ip}&port=1`, "POST");
    const seen = lines
      .filter((_, other) => other !== at)
      .map(async (line) => {
        await registered;
        while (performance.now() - sentMs < VISIBLE_LIMIT_MS) {
          const { body } = await line.send(`/nacos/v1/ns/instance/list?${about}`);
          if (body.includes(`"${ip}"`)) {
            latencies.add(performance.now() - sentMs);
            return;
          }
          await sleep(2);
        }
        unseen++;
      });
    looks.push(...seen);
    await sleep(EVERY_MS);
  }
  await Promise.all(looks);
  for (const line of lines) line.close();
  return { latencies, unseen };
}
