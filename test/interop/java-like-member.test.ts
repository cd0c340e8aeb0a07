import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JavaLikePeer } from "../kit/java-like/java-like-peer.ts";
import { keyOf } from "../kit/java-like/java-like-registry.ts";
import { RealCluster } from "../kit/real-cluster.ts";
import { freePort } from "../kit/ports.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import { eventually, pause } from "../kit/wait.ts";

// Goal: a member that knows Nacos 1.4.1 only is a peer like any other, and none of its ways costs an
// instance. Its own periods are shortened, so that the tests are; the rules are Java's.
const FAST = { reportMs: 300, verifyMs: 1_000, syncDelayMs: 300, statusMs: 1_000 };
const NAMES = Array.from({ length: 30 }, (_, index) => `DEFAULT_GROUP@@mixed-${index}`);

let cluster: RealCluster;
let java: JavaLikePeer;
let clients: readonly RegistryClient[];
let addresses: readonly string[];

beforeEach(async () => {
  const ports = [await freePort(), await freePort(), await freePort()];
  addresses = ports.map((port) => `127.0.0.1:${port}`);
  // Its place is the last one; the processes are those of the first two.
  cluster = new RealCluster(ports, []);
  java = newPeer();
  await Promise.all([java.start(), cluster.start(0), cluster.start(1)]);
  await Promise.all([cluster.ready(0), cluster.ready(1)]);
  clients = ports.map((port) => new RegistryClient({ host: "127.0.0.1", port }));
  const isUp = (address: string): boolean => java.stateOf(address) === "UP";
  await eventually(
    () => {
      if (!addresses.every(isUp)) throw new Error("the Java-like member misses a peer");
    },
    { withinMs: 10_000 },
  );
});

afterEach(async () => {
  await java.stop();
  await cluster.stop();
});

function newPeer(): JavaLikePeer {
  return new JavaLikePeer({ address: addresses[2] ?? "", members: addresses, ...FAST });
}

/** Names that the Java-like member is responsible for, and those it is not. */
function namesOf(isJavas: boolean): readonly string[] {
  return NAMES.filter((name) => java.isResponsible(name) === isJavas);
}

async function eventuallyListed(name: string, count: number): Promise<void> {
  await eventually(
    async () => {
      for (const client of clients) {
        const hosts = await client.list(name);
        expect(
          hosts,
          `${name} at ${clients.indexOf(client)}: ${JSON.stringify(hosts)}`,
        ).toHaveLength(count);
      }
    },
    { withinMs: 8_000, everyMs: 100 },
  );
}

describe("a cluster of two members and one that behaves as Nacos 1.4.1", () => {
  it("lists everywhere what was registered at a Nacre member, whoever is responsible", async () => {
    for (const [index, serviceName] of NAMES.entries()) {
      await clients[index % 2]?.register({ serviceName, ip: "10.1.0.1", port: 80 });
    }
    for (const name of NAMES) await eventuallyListed(name, 1);
    expect(java.complaints).toEqual([]);
  });

  it("takes over what the Java member is responsible for, and its removals", async () => {
    const [name = ""] = namesOf(true);
    java.register(name, "10.1.0.2", 80);
    java.register(name, "10.1.0.3", 80);
    await eventuallyListed(name, 2);
    await clients[0]?.deregister({ serviceName: name, ip: "10.1.0.2", port: 80 });
    await eventuallyListed(name, 1);
    expect(java.complaints).toEqual([]);
  });

  it("decides writes itself while the Java member is gone, and hands them over later", async () => {
    const [name = ""] = namesOf(true);
    await java.stop();
    await clients[0]?.register({ serviceName: name, ip: "10.1.0.4", port: 80 });
    expect(await clients[0]?.list(name)).toHaveLength(1);
    java = newPeer();
    await java.start();
    const beating = setInterval(() => {
      void clients[1]?.beat({ serviceName: name, ip: "10.1.0.4", port: 80 }).catch(() => undefined);
    }, 1_000);
    await eventuallyListed(name, 1);
    await pause(3_000);
    await eventuallyListed(name, 1);
    clearInterval(beating);
  });

  it("tells the Java member of health flips", async () => {
    const [name = ""] = namesOf(false);
    const metadata = {
      "preserved.heart.beat.timeout": "2000",
      "preserved.ip.delete.timeout": "60000",
    };
    const instance = { serviceName: name, ip: "10.1.0.5", port: 80, metadata };
    await clients[0]?.beat(instance);
    await eventuallyListed(name, 1);
    await eventually(() => expect(java.registry.find(name, "10.1.0.5", 80)?.healthy).toBe(false), {
      withinMs: 12_000,
    });
    await clients[0]?.beat(instance);
    await eventually(() => expect(java.registry.find(name, "10.1.0.5", 80)?.healthy).toBe(true), {
      withinMs: 6_000,
    });
  });

  it("never cripples the Java member, restarts included", async () => {
    for (const index of [0, 1]) {
      await cluster.terminate(index);
      await cluster.start(index);
      await cluster.ready(index);
    }
    await cluster.kill(0);
    await cluster.start(0);
    await cluster.ready(0);
    expect(java.isCrippled).toBe(false);
    expect(java.complaints).toEqual([]);
  });

  it("keeps what the Java member forgot: a restart without data loses nothing", async () => {
    const [theirs = ""] = namesOf(true);
    const [ours = ""] = namesOf(false);
    for (const serviceName of [theirs, ours]) {
      await clients[0]?.beat({ serviceName, ip: "10.1.0.6", port: 80 });
    }
    await eventuallyListed(theirs, 1);
    await eventuallyListed(ours, 1);
    await java.stop();
    java = newPeer();
    await java.start();
    await pause(2_500);
    expect(java.registry.data.has(keyOf(ours))).toBe(true);
    for (const client of clients.slice(0, 2)) {
      expect(await client.list(theirs)).toHaveLength(1);
      expect(await client.list(ours)).toHaveLength(1);
    }
  });
});
