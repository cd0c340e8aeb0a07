import { afterEach, describe, expect, it } from "vitest";
import { Fleet } from "../kit/fleet/fleet.mjs";
import { ListWatch } from "../kit/fleet/list-watch.mjs";
import { type RealCluster, startCluster } from "../kit/real-cluster.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import { eventually, pause } from "../kit/wait.ts";

// The short form of what `node test/bench/run.mjs cluster` measures at full size.
const FLEET = { services: 40, perService: 5, beatIntervalMs: 1_000 };
const GONE_WITHIN_MS = 2_000;
// Two beats, as by default.
const ARGS = ["--cold-start-ms", "2500"];

let cluster: RealCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function startWithFleet(): Promise<{
  readonly cluster: RealCluster;
  readonly fleet: Fleet;
  readonly watch: ListWatch;
}> {
  const started = await startCluster({ memberCount: 3, args: ARGS });
  cluster = started;
  const ports = [...started.ports];
  const fleet = new Fleet({ ports, ...FLEET });
  await fleet.registerAll();
  fleet.start();
  await pause(500);
  return { cluster: started, fleet, watch: new ListWatch({ ports, ...FLEET }) };
}

async function stopAll(fleet: Fleet, watch: ListWatch): Promise<void> {
  await watch.stop();
  await fleet.stop();
}

describe("three members", () => {
  it("list at each what was registered at any", async () => {
    cluster = await startCluster({ memberCount: 3, args: ARGS });
    const clients = cluster.ports.map((port) => new RegistryClient({ host: "127.0.0.1", port }));
    const names = Array.from({ length: 12 }, (_, index) => `orders-${index}`);
    for (const [index, serviceName] of names.entries()) {
      const client = clients[index % clients.length];
      await client?.register({ serviceName, ip: "10.0.0.1", port: 80 });
    }
    await eventually(
      async () => {
        for (const client of clients) {
          for (const name of names) expect(await client.list(name)).toHaveLength(1);
        }
      },
      { withinMs: 1_000 },
    );
    await clients[1]?.deregister({ serviceName: "orders-0", ip: "10.0.0.1", port: 80 });
    await eventually(
      async () => {
        for (const client of clients) expect(await client.list("orders-0")).toEqual([]);
      },
      { withinMs: 1_000 },
    );
  });

  it("miss nothing while each of them restarts", async () => {
    const { cluster: members, fleet, watch } = await startWithFleet();
    for (const index of [0, 1, 2]) {
      expect(await members.terminate(index)).toBeLessThan(GONE_WITHIN_MS);
      await members.start(index);
      await members.ready(index);
      await pause(1_500);
    }
    await stopAll(fleet, watch);
    expect(watch).toMatchObject({ missing: 0, unhealthy: 0, examples: [] });
    expect(watch.lists).toBeGreaterThan(FLEET.services * 3);
    expect(fleet).toMatchObject({ failedEverywhere: 0, registeredAgain: 0, examples: [] });
  });

  it("miss nothing when one is killed, nor when it comes back empty", async () => {
    const { cluster: members, fleet, watch } = await startWithFleet();
    await members.kill(1);
    await pause(6_000);
    await members.start(1);
    await members.ready(1);
    await pause(2_000);
    await stopAll(fleet, watch);
    expect(watch).toMatchObject({ missing: 0, unhealthy: 0, examples: [] });
    expect(fleet).toMatchObject({ failedEverywhere: 0, registeredAgain: 0, examples: [] });
  });

  it("miss nothing when one stands still and goes on", async () => {
    const { cluster: members, fleet, watch } = await startWithFleet();
    members.at(2).freeze();
    await pause(8_000);
    members.at(2).resume();
    await pause(3_000);
    await stopAll(fleet, watch);
    expect(watch).toMatchObject({ missing: 0, unhealthy: 0, examples: [] });
    expect(fleet.failedEverywhere).toBe(0);
  });
});

describe("a new member", () => {
  it("serves only when it holds everything", async () => {
    const members = await startCluster({ memberCount: 3, runningCount: 2, args: ARGS });
    cluster = members;
    const fleet = new Fleet({ ports: members.ports.slice(0, 2), ...FLEET });
    await fleet.registerAll();
    fleet.start();
    const watch = new ListWatch({ ports: [...members.ports], ...FLEET });
    await members.start(2);
    await members.ready(2, 5_000);
    await pause(1_500);
    await stopAll(fleet, watch);
    expect(watch).toMatchObject({ missing: 0, unhealthy: 0, examples: [] });
  });
});

describe("members that all start at once with nothing", () => {
  it("list everything as soon as they serve", async () => {
    const { cluster: members, fleet, watch } = await startWithFleet();
    await Promise.all([0, 1, 2].map((index) => members.kill(index)));
    await Promise.all([0, 1, 2].map((index) => members.start(index)));
    await Promise.all([0, 1, 2].map((index) => members.ready(index)));
    await pause(2_000);
    await stopAll(fleet, watch);
    expect(watch).toMatchObject({ missing: 0, unhealthy: 0, examples: [] });
  });
});
