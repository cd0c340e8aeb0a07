import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Host, NacosNamingClient } from "nacos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { shortTimeouts } from "../kit/registry-client.ts";
import { eventually, nowMs, within } from "../kit/wait.ts";

// Goal: programs that use the official client for Node work unchanged, and hear of changes by push.
const instanceProgram = fileURLToPath(new URL("./nacos-instance.mjs", import.meta.url));

let member: MemberProcess;

beforeAll(async () => {
  member = await startMember({ prefix: "nacos-client" });
});

afterAll(async () => {
  await member.stop();
});

interface OpenClient {
  readonly client: NacosNamingClient;
  /** How often the client has fetched or refreshed a list by HTTP. */
  readonly polls: () => number;
  /** How many pushes the client has received. */
  readonly pushes: () => number;
  readonly close: () => Promise<void>;
}

// What the client logs tells how it came to know something.
async function openClient(): Promise<OpenClient> {
  const lines: string[] = [];
  const log = (line: unknown): void => void lines.push(String(line));
  const logger = { ...console, debug: log, info: log, warn: log, error: log };
  const serverList = `${member.address.host}:${member.address.port}`;
  const client = new NacosNamingClient({ logger, serverList, namespace: "public" });
  // The declarations of the package leave these out.
  const inner = client as unknown as {
    readonly _beatReactor: { _clientBeatInterval: number };
    close(): Promise<void>;
  };
  // The loop of beats ends with its pause, so a short one lets the client close at once.
  inner._beatReactor._clientBeatInterval = 200;
  await client.ready();
  const count = (part: RegExp): number => lines.filter((line) => part.test(line)).length;
  return {
    client,
    polls: () => count(/updateServiceNow\(\)|refreshOnly/),
    pushes: () => count(/received push data/),
    close: () => inner.close(),
  };
}

function instance(ip: string, metadata: Readonly<Record<string, string>> = {}) {
  const names = { instanceId: "", clusterName: "DEFAULT" };
  return { ...names, ip, port: 8080, healthy: true, enabled: true, ephemeral: true, metadata };
}

const ipsOf = (hosts: readonly Host[] | undefined): readonly string[] =>
  (hosts ?? []).map(({ ip }) => ip).toSorted();

describe("the official client for Node", () => {
  it("registers an instance and is told of it", async () => {
    const { client, close } = await openClient();
    await client.registerInstance("node.one", instance("1.1.1.1"));
    const heard: (readonly Host[])[] = [];
    client.subscribe("node.one", (hosts) => heard.push(hosts));

    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1"]), { withinMs: 3_000 });
    await close();
  });

  it("hears of another's instance by push, long before its next poll", async () => {
    const watcher = await openClient();
    const other = await openClient();
    await watcher.client.registerInstance("node.two", instance("1.1.1.1"));
    const heard: (readonly Host[])[] = [];
    watcher.client.subscribe("node.two", (hosts) => heard.push(hosts));
    // One second after subscribing the client asks once more, and from then on every ten.
    await eventually(() => expect(watcher.polls()).toBeGreaterThanOrEqual(2), { withinMs: 5_000 });
    const changedMs = nowMs();
    await other.client.registerInstance("node.two", instance("2.2.2.2"));

    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1", "2.2.2.2"]), {
      withinMs: 2_000,
    });
    expect(nowMs() - changedMs).toBeLessThan(2_000);
    expect(watcher.pushes()).toBeGreaterThanOrEqual(1);
    await watcher.close();
    await other.close();
  });

  it("lists and selects instances, and asks for the status", async () => {
    const { client, close } = await openClient();
    await client.registerInstance("node.lists", instance("1.1.1.1"));
    await client.registerInstance("node.lists", { ...instance("2.2.2.2"), enabled: false });

    const group = "DEFAULT_GROUP";
    const all = await client.getAllInstances("node.lists", group, "DEFAULT", false);
    const selected = await client.selectInstances("node.lists", group, "DEFAULT", true, false);
    expect(ipsOf(all)).toEqual(["1.1.1.1"]);
    expect(ipsOf(selected)).toEqual(["1.1.1.1"]);
    // A promise, whatever its declaration says.
    expect(await Promise.resolve(client.getServerStatus())).toBe("UP");
    await close();
  });

  it("deregisters an instance, and unsubscribes", async () => {
    const { client, close } = await openClient();
    for (const ip of ["1.1.1.1", "2.2.2.2", "3.3.3.3"]) {
      await client.registerInstance("node.leaves", instance(ip));
    }
    const heard: (readonly Host[])[] = [];
    const listener = (hosts: readonly Host[]): void => void heard.push(hosts);
    client.subscribe("node.leaves", listener);
    await eventually(() => expect(heard.at(-1)).toHaveLength(3), { withinMs: 3_000 });

    await client.deregisterInstance("node.leaves", instance("3.3.3.3"));
    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1", "2.2.2.2"]), {
      withinMs: 2_000,
    });

    client.unSubscribe("node.leaves", listener);
    const heardCount = heard.length;
    await client.deregisterInstance("node.leaves", instance("2.2.2.2"));
    const readAll = (): Promise<readonly Host[]> =>
      client.getAllInstances("node.leaves", "DEFAULT_GROUP", "DEFAULT", false);
    await eventually(async () => expect(ipsOf(await readAll())).toEqual(["1.1.1.1"]), {
      withinMs: 2_000,
    });
    expect(heard).toHaveLength(heardCount);
    await close();
  });
});

describe("an instance whose process is killed", () => {
  it(
    "becomes unhealthy, then goes, and subscribers hear of both",
    { timeout: 40_000 },
    async () => {
      const watcher = await openClient();
      await watcher.client.registerInstance("node.killed", instance("1.1.1.1"));
      const doomed = await startInstance("node.killed", "2.2.2.2");
      const heard: { readonly atMs: number; readonly hosts: readonly Host[] }[] = [];
      watcher.client.subscribe("node.killed", (hosts) => heard.push({ atMs: nowMs(), hosts }));
      const health = (): boolean | undefined =>
        heard.at(-1)?.hosts.find(({ ip }) => ip === "2.2.2.2")?.healthy;
      await eventually(() => expect(health()).toBe(true), { withinMs: 5_000 });
      // It beats every second, so it outlives its time-outs as long as it runs.
      await eventually(() => expect(watcher.polls()).toBeGreaterThanOrEqual(3), {
        withinMs: 15_000,
      });
      expect(health()).toBe(true);

      doomed.kill("SIGKILL");
      await once(doomed, "exit");
      const killedMs = nowMs();

      await eventually(() => expect(health()).toBe(false), { withinMs: 6_000 });
      // The last beat was up to a second before the end.
      expect(nowMs() - killedMs).toBeGreaterThan(1_500);
      await eventually(() => expect(ipsOf(heard.at(-1)?.hosts)).toEqual(["1.1.1.1"]), {
        withinMs: 6_000,
      });
      expect(nowMs() - killedMs).toBeGreaterThan(4_500);
      expect(nowMs() - killedMs).toBeLessThan(9_000);
      await watcher.close();
    },
  );
});

async function startInstance(serviceName: string, ip: string): Promise<ChildProcess> {
  const metadata = { ...shortTimeouts, "preserved.heart.beat.interval": "1000" };
  const server = `${member.address.host}:${member.address.port}`;
  const args = [instanceProgram, server, serviceName, JSON.stringify(instance(ip, metadata))];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => void child.kill("SIGKILL"));
  await within(once(child.stdout, "data"), 10_000, "an instance registers");
  return child;
}
