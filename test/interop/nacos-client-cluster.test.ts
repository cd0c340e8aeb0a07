import type { ChildProcess } from "node:child_process";
import type { Host } from "nacos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealCluster, startCluster } from "../kit/real-cluster.ts";
import { type ListedHost, RegistryClient, shortTimeouts } from "../kit/registry-client.ts";
import { eventually, nowMs, pause } from "../kit/wait.ts";
import { instanceAt, ipsOf, openClient, startInstance } from "./node-client.ts";

// Goal: programs that use the official client for Node notice nothing of members that come and go.
// Method: instances beat every second and are gone after six without, so what is lost shows soon.
const metadata = { ...shortTimeouts, "preserved.heart.beat.interval": "1000" };

// The client asks any of its servers, and stays subscribed at the last for as long as that.
const NEXT_POLL_MS = 10_000;

let cluster: RealCluster;
let registries: readonly RegistryClient[];
const processes: ChildProcess[] = [];

beforeAll(async () => {
  // Two beats, as by default.
  cluster = await startCluster({ memberCount: 3, args: ["--cold-start-ms", "2500"] });
  registries = cluster.ports.map((port) => new RegistryClient({ host: "127.0.0.1", port }));
});

afterAll(async () => {
  for (const child of processes) child.kill("SIGKILL");
  await cluster.stop();
});

const all = (): string => [0, 1, 2].map((index) => cluster.addressOf(index)).join(",");

async function startBeating(serviceName: string, ip: string): Promise<void> {
  const instance = instanceAt(ip, metadata);
  processes.push(await startInstance({ serverList: all(), serviceName, instance }));
}

/** What lists of serving members lacked while something went on. */
interface Watched {
  readonly lists: number;
  readonly lacks: readonly string[];
}

/** Reads the list of every member again and again until `work` is done. */
async function watched(
  serviceName: string,
  ips: readonly string[],
  work: Promise<void>,
): Promise<Watched> {
  let isOver = false;
  const over = work.finally(() => (isOver = true));
  let lists = 0;
  const lacks: string[] = [];
  const look = async (index: number): Promise<void> => {
    // One that is not there, or says that it does not serve yet, is passed over.
    const answer = await registries[index]
      ?.request("GET", "/nacos/v1/ns/instance/list", { serviceName })
      .catch(() => undefined);
    if (answer === undefined || answer.status === 503) return;
    lists++;
    const { hosts } = JSON.parse(answer.body) as { readonly hosts: readonly ListedHost[] };
    const well = hosts.filter(({ healthy }) => healthy).map(({ ip }) => ip);
    if (ips.some((ip) => !well.includes(ip))) lacks.push(`${index}: ${JSON.stringify(hosts)}`);
  };
  while (!isOver) {
    await Promise.all([0, 1, 2].map(look));
    await pause(100);
  }
  await over;
  return { lists, lacks };
}

describe("the official client for Node at three members", () => {
  it("hears at one, by push, of what others register at another", async () => {
    const registrar = await openClient(cluster.addressOf(0));
    const watcher = await openClient(cluster.addressOf(1));
    const third = await openClient(cluster.addressOf(2));
    await registrar.client.registerInstance("node.spread", instanceAt("1.1.1.1"));
    const heard: (readonly Host[])[] = [];
    watcher.client.subscribe("node.spread", (hosts) => heard.push(hosts));
    // One second after subscribing the client asks once more, and from then on every ten.
    await eventually(() => expect(watcher.polls()).toBeGreaterThanOrEqual(2), { withinMs: 5_000 });
    expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1"]);
    const changedMs = nowMs();
    await third.client.registerInstance("node.spread", instanceAt("3.3.3.3"));

    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1", "3.3.3.3"]), {
      withinMs: 2_000,
    });
    expect(nowMs() - changedMs).toBeLessThan(2_000);
    expect(watcher.pushes()).toBeGreaterThanOrEqual(1);
    await Promise.all([registrar, watcher, third].map(({ close }) => close()));
  });

  it("keeps its instances and its subscriptions when a member is killed", async () => {
    await startBeating("node.survives", "1.1.1.1");
    const watcher = await openClient(all());
    const heard: (readonly Host[])[] = [];
    watcher.client.subscribe("node.survives", (hosts) => heard.push(hosts));
    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1"]), { withinMs: 3_000 });

    await cluster.kill(0);
    const { lists, lacks } = await watched("node.survives", ["1.1.1.1"], pause(8_000));
    expect(lacks).toEqual([]);
    expect(lists).toBeGreaterThan(50);

    await startBeating("node.survives", "2.2.2.2");
    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1", "2.2.2.2"]), {
      withinMs: NEXT_POLL_MS + 2_000,
    });
    expect(heard.flatMap((hosts) => hosts.filter(({ healthy }) => !healthy))).toEqual([]);
    await watcher.close();
    await cluster.start(0);
    await cluster.ready(0);
  });

  it("keeps its instances while all members are restarted, one after the other", async () => {
    await Promise.all([
      startBeating("node.rolls", "1.1.1.1"),
      startBeating("node.rolls", "2.2.2.2"),
    ]);
    const everywhere = async (): Promise<void> => {
      for (const registry of registries) expect(await registry.list("node.rolls")).toHaveLength(2);
    };
    await eventually(everywhere, { withinMs: 3_000 });
    const restarts = async (): Promise<void> => {
      for (const index of [0, 1, 2]) {
        await cluster.terminate(index);
        await cluster.start(index);
        await cluster.ready(index);
        await pause(1_500);
      }
    };
    const { lists, lacks } = await watched("node.rolls", ["1.1.1.1", "2.2.2.2"], restarts());
    expect(lacks).toEqual([]);
    expect(lists).toBeGreaterThan(50);
  });
});
