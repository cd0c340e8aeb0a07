import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { formatJson, type JsonNode, parseJson } from "../kit/json.ts";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import {
  type Acknowledge,
  ackAsNumber,
  ackAsText,
  ackWrongly,
  listenForPushes,
  noAck,
  type Push,
  type PushListener,
} from "../kit/push-listener.ts";
import { type RecordedPushes, recordedPushes } from "../kit/recordings.ts";
import { type InstanceParams, RegistryClient } from "../kit/registry-client.ts";
import { eventually, nowMs, pause } from "../kit/wait.ts";

// Goal: subscribers of every client get the datagrams that they got from the recorded server.
// Method: the recorded names and addresses are used again, so that even checksums must be equal.
vi.setConfig({ maxConcurrency: 24 });

const ACK_TIMEOUT_MS = 500;
const SLOW_PUSH_DELAY_MS = 800;
const GZIP_FROM_BYTES = 1_024;
const JAVA = "Nacos-Java-Client:v1.4.1";

let member: MemberProcess;
let slowPusher: MemberProcess;

beforeAll(async () => {
  const flags = ["--push-ack-timeout-ms", `${ACK_TIMEOUT_MS}`];
  // The window of this one is long enough for several requests, even on a busy machine.
  const slowFlags = [...flags, "--push-delay-ms", `${SLOW_PUSH_DELAY_MS}`];
  [member, slowPusher] = await Promise.all([
    startMember({ prefix: "push", args: flags }),
    startMember({ prefix: "slow-push", args: slowFlags }),
  ]);
});

afterAll(async () => {
  await Promise.all([member.stop(), slowPusher.stop()]);
});

interface Subscription {
  readonly client: RegistryClient;
  readonly listener: PushListener;
  /** The answer that made the subscription. */
  readonly list: string;
}

interface SubscriptionOptions {
  readonly by: MemberProcess;
  readonly agent: string;
  readonly acknowledge: Acknowledge;
  readonly serviceName: string;
  readonly clusters?: string;
}

// Registers the instances, waits until they are listed, and subscribes.
async function subscribe(
  instances: readonly InstanceParams[],
  { by, agent, acknowledge, serviceName, clusters = "" }: SubscriptionOptions,
): Promise<Subscription> {
  const client = new RegistryClient(by.address, agent);
  for (const instance of instances) await client.register(instance);
  await eventually(
    async () => expect(await client.list(serviceName)).toHaveLength(instances.length),
    { withinMs: 2_000 },
  );
  // What the registrations themselves set off goes out before anybody listens.
  await pause(by === slowPusher ? SLOW_PUSH_DELAY_MS * 1.5 : 200);
  const listener = await listenForPushes(acknowledge);
  const list = await client.listText(serviceName, { clusters, ...listener.params });
  return { client, listener, list };
}

async function subscribeJava(serviceName: string, acknowledge: Acknowledge): Promise<Subscription> {
  const first = { serviceName, ip: "1.1.1.1", port: 80 };
  return await subscribe([first], { by: member, agent: JAVA, acknowledge, serviceName });
}

// The count-th push, once it is there.
async function pushNumber(count: number, { listener }: Subscription): Promise<Push> {
  await eventually(() => expect(listener.pushes.length).toBeGreaterThanOrEqual(count), {
    withinMs: 3_000,
    everyMs: 5,
  });
  return listener.pushes[count - 1] as Push;
}

// A list without what differs between runs: the order of hosts and when it was made.
function comparable(list: string): string {
  const node = parseJson(list);
  if (node.kind !== "object") return list;
  const entries = node.entries.map(([key, value]): readonly [string, JsonNode] => {
    if (key === "lastRefTime") return [key, { kind: "string", value: instantOf(value) }];
    if (key !== "hosts" || value.kind !== "array") return [key, value];
    const items = value.items.toSorted((a, b) => (formatJson(a) < formatJson(b) ? -1 : 1));
    return [key, { kind: "array", items }];
  });
  // Numbers by value: 1.0 is 1.
  return formatJson({ kind: "object", entries }).replaceAll(/:(\d+)\.0(?=[,}])/g, ":$1");
}

function instantOf(node: JsonNode): string {
  return node.kind === "number" && /^\d{13}$/.test(node.text) ? "milliseconds" : formatJson(node);
}

function dataOf(text: string): string {
  return (JSON.parse(text) as { data: string }).data;
}

const acknowledgements: Readonly<Record<string, Acknowledge>> = {
  "java-noack": noAck,
  "java-ackbad": ackWrongly,
  "node-ack": ackAsNumber,
};

function hostsOf(list: string): readonly InstanceParams[] {
  const { name, hosts } = JSON.parse(list) as {
    name: string;
    hosts: readonly Omit<InstanceParams, "serviceName">[];
  };
  const serviceName = name.replace(/^.*@@/, "");
  return hosts.map(({ ip, port, clusterName, metadata }) => ({
    serviceName,
    ip,
    port,
    ...(clusterName !== undefined && { clusterName }),
    ...(metadata !== undefined && { metadata }),
  }));
}

// The changes of a recording, such as `POST ip=2.2.2.2&port=80`.
async function change(recorded: RecordedPushes, client: RegistryClient): Promise<void> {
  const [first] = hostsOf(recorded.list);
  if (first === undefined) throw new Error(`${recorded.id} begins without an instance`);
  for (const { what } of recorded.marks) {
    const [, method, ip = "", port = ""] = /^(POST|DELETE) ip=([^&]+)&port=(\d+)$/.exec(what) ?? [];
    const instance = { ...first, ip, port: Number(port) };
    if (method === "POST") await client.register(instance);
    if (method === "DELETE") await client.deregister(instance);
  }
}

describe.concurrent("a recorded subscription", () => {
  it.each(recordedPushes().map((recorded) => [recorded.id, recorded.note, recorded] as const))(
    "%s, %s: gets what was recorded",
    async (id, _note, recorded) => {
      const { agent, datagrams, list } = recorded;
      const { name, clusters } = JSON.parse(list) as { name: string; clusters: string };
      const subscription = await subscribe(hostsOf(list), {
        by: id === "java-merge" ? slowPusher : member,
        agent,
        acknowledge: acknowledgements[id] ?? ackAsText,
        serviceName: name,
        clusters,
      });
      expect(comparable(subscription.list)).toBe(comparable(list));

      await change(recorded, subscription.client);
      for (const [index, { text, gzip }] of datagrams.entries()) {
        const push = await pushNumber(index + 1, subscription);
        expect(Object.keys(JSON.parse(push.text) as object)).toEqual(Object.keys(JSON.parse(text)));
        expect(comparable(dataOf(push.text))).toBe(comparable(dataOf(text)));
        expect(push.gzip).toBe(gzip);
      }
      if (datagrams.length === 0) await pause(500);
      // The recording of this one ended before its repetition was due.
      const missing = id === "java-ackbad" ? 1 : 0;
      await pause(ACK_TIMEOUT_MS * 2);
      expect(subscription.listener.pushes).toHaveLength(datagrams.length + missing);
      subscription.listener.close();
    },
  );
});

describe.concurrent("a push", () => {
  it("arrives well within a second", async () => {
    const subscription = await subscribeJava("push-soon", ackAsText);
    const changedMs = nowMs();
    await subscription.client.register({ serviceName: "push-soon", ip: "2.2.2.2", port: 80 });

    const { atMs } = await pushNumber(1, subscription);
    expect(atMs - changedMs).toBeLessThan(500);
    subscription.listener.close();
  });

  it("is compressed from 1,024 bytes on, and its numbers grow", async () => {
    const serviceName = "push-growing";
    const subscription = await subscribeJava(serviceName, ackAsText);
    for (let count = 1; count <= 6; count++) {
      await subscription.client.register({ serviceName, ip: `2.2.2.${count}`, port: 80 });
      await pushNumber(count, subscription);
    }

    const { pushes } = subscription.listener;
    expect(pushes.map(({ list }) => list.hosts.length)).toEqual([2, 3, 4, 5, 6, 7]);
    for (const { text, gzip } of pushes) {
      expect(gzip).toBe(Buffer.byteLength(text) >= GZIP_FROM_BYTES);
    }
    expect(new Set(pushes.map(({ gzip }) => gzip)).size).toBe(2);
    for (const [index, { lastRefTime }] of pushes.entries()) {
      expect(Number.isSafeInteger(lastRefTime)).toBe(true);
      expect(lastRefTime).toBeGreaterThan(pushes[index - 1]?.lastRefTime ?? 0);
    }
    subscription.listener.close();
  });

  it("tells when its list was made, in milliseconds", async () => {
    const subscription = await subscribeJava("push-instant", ackAsText);
    await subscription.client.register({ serviceName: "push-instant", ip: "2.2.2.2", port: 80 });

    const { list } = await pushNumber(1, subscription);
    expect(Math.abs(list.lastRefTime - Date.now())).toBeLessThan(5_000);
    subscription.listener.close();
  });

  it("tells of the last instance's end with an empty list", async () => {
    const subscription = await subscribeJava("push-empty", ackAsText);
    await subscription.client.deregister({ serviceName: "push-empty", ip: "1.1.1.1", port: 80 });

    expect((await pushNumber(1, subscription)).list.hosts).toEqual([]);
    subscription.listener.close();
  });

  it("holds all changes of its window", async () => {
    const serviceName = "push-merged";
    const first = { serviceName, ip: "1.1.1.1", port: 80 };
    const options = { by: slowPusher, agent: JAVA, acknowledge: ackAsText, serviceName };
    const subscription = await subscribe([first], options);
    for (const ip of ["2.2.2.2", "3.3.3.3", "4.4.4.4"]) {
      await subscription.client.register({ serviceName, ip, port: 80 });
    }

    const { list } = await pushNumber(1, subscription);
    expect(list.hosts).toHaveLength(4);
    await pause(SLOW_PUSH_DELAY_MS * 1.5);
    expect(subscription.listener.pushes).toHaveLength(1);
    subscription.listener.close();
  });

  it("goes to all subscribers but those whose agent is not known", async () => {
    const serviceName = "push-agents";
    const known = await subscribeJava(serviceName, ackAsText);
    const listener = await listenForPushes(ackAsText);
    for (const agent of ["curl/7.64.0", "Nacos-Python-Client:v1.0.0", "Nacos-go-Client:v1.0.1"]) {
      const unknown = new RegistryClient(member.address, agent);
      await unknown.listText(serviceName, listener.params);
    }
    await known.client.register({ serviceName, ip: "2.2.2.2", port: 80 });

    await pushNumber(1, known);
    await pause(500);
    expect(listener.pushes).toEqual([]);
    listener.close();
    known.listener.close();
  });
});

describe.concurrent("an acknowledgement", () => {
  it.each([["as a text", ackAsText] as const, ["as a number", ackAsNumber] as const])(
    "with lastRefTime %s stops repetition",
    async (what, acknowledge) => {
      const serviceName = `ack-${what.replaceAll(" ", "-")}`;
      const subscription = await subscribeJava(serviceName, acknowledge);
      await subscription.client.register({ serviceName, ip: "2.2.2.2", port: 80 });

      await pushNumber(1, subscription);
      await pause(ACK_TIMEOUT_MS * 3);
      expect(subscription.listener.pushes).toHaveLength(1);
      subscription.listener.close();
    },
  );

  it.each([["is missing", noAck] as const, ["names another push", ackWrongly] as const])(
    "that %s leads to one repetition",
    async (what, acknowledge) => {
      const serviceName = `ack-${what.replaceAll(" ", "-")}`;
      const subscription = await subscribeJava(serviceName, acknowledge);
      await subscription.client.register({ serviceName, ip: "2.2.2.2", port: 80 });

      const first = await pushNumber(1, subscription);
      const second = await pushNumber(2, subscription);
      expect(second.text).toBe(first.text);
      expect(second.atMs - first.atMs).toBeGreaterThan(ACK_TIMEOUT_MS * 0.8);
      expect(second.atMs - first.atMs).toBeLessThan(ACK_TIMEOUT_MS * 3);
      await pause(ACK_TIMEOUT_MS * 3);
      expect(subscription.listener.pushes).toHaveLength(2);
      subscription.listener.close();
    },
  );
});
