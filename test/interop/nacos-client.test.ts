import { once } from "node:events";
import type { Host } from "nacos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { shortTimeouts } from "../kit/registry-client.ts";
import { eventually, nowMs } from "../kit/wait.ts";
import { instanceAt, ipsOf, openClient, startInstance } from "./node-client.ts";

// Goal: programs that use the official client for Node work unchanged, and hear of changes by push.

let member: MemberProcess;

beforeAll(async () => {
  member = await startMember({ prefix: "nacos-client" });
});

afterAll(async () => {
  await member.stop();
});

const serverList = (): string => `${member.address.host}:${member.address.port}`;

describe("the official client for Node", () => {
  it("registers an instance and is told of it", async () => {
    const { client, close } = await openClient(serverList());
    await client.registerInstance("node.one", instanceAt("1.1.1.1"));
    const heard: (readonly Host[])[] = [];
    client.subscribe("node.one", (hosts) => heard.push(hosts));

    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1"]), { withinMs: 3_000 });
    await close();
  });

  it("hears of another's instance by push, long before its next poll", async () => {
    const watcher = await openClient(serverList());
    const other = await openClient(serverList());
    await watcher.client.registerInstance("node.two", instanceAt("1.1.1.1"));
    const heard: (readonly Host[])[] = [];
    watcher.client.subscribe("node.two", (hosts) => heard.push(hosts));
    // One second after subscribing the client asks once more, and from then on every ten.
    await eventually(() => expect(watcher.polls()).toBeGreaterThanOrEqual(2), { withinMs: 5_000 });
    const changedMs = nowMs();
    await other.client.registerInstance("node.two", instanceAt("2.2.2.2"));

    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1", "2.2.2.2"]), {
      withinMs: 2_000,
    });
    expect(nowMs() - changedMs).toBeLessThan(2_000);
    expect(watcher.pushes()).toBeGreaterThanOrEqual(1);
    await watcher.close();
    await other.close();
  });

  it("lists and selects instances, and asks for the status", async () => {
    const { client, close } = await openClient(serverList());
    await client.registerInstance("node.lists", instanceAt("1.1.1.1"));
    await client.registerInstance("node.lists", { ...instanceAt("2.2.2.2"), enabled: false });

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
    const { client, close } = await openClient(serverList());
    for (const ip of ["1.1.1.1", "2.2.2.2", "3.3.3.3"]) {
      await client.registerInstance("node.leaves", instanceAt(ip));
    }
    const heard: (readonly Host[])[] = [];
    const listener = (hosts: readonly Host[]): void => void heard.push(hosts);
    client.subscribe("node.leaves", listener);
    await eventually(() => expect(heard.at(-1)).toHaveLength(3), { withinMs: 3_000 });

    await client.deregisterInstance("node.leaves", instanceAt("3.3.3.3"));
    await eventually(() => expect(ipsOf(heard.at(-1))).toEqual(["1.1.1.1", "2.2.2.2"]), {
      withinMs: 2_000,
    });

    client.unSubscribe("node.leaves", listener);
    const heardCount = heard.length;
    await client.deregisterInstance("node.leaves", instanceAt("2.2.2.2"));
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
      const watcher = await openClient(serverList());
      await watcher.client.registerInstance("node.killed", instanceAt("1.1.1.1"));
      const metadata = { ...shortTimeouts, "preserved.heart.beat.interval": "1000" };
      const doomed = await startInstance({
        serverList: serverList(),
        serviceName: "node.killed",
        instance: instanceAt("2.2.2.2", metadata),
      });
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
