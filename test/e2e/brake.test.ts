import { describe, expect, it } from "vitest";
import { type LogLine, type MemberProcess, startMember } from "../kit/member-process.ts";
import { type InstanceParams, RegistryClient, shortTimeouts } from "../kit/registry-client.ts";
import { eventually, nowMs } from "../kit/wait.ts";

// Goal: when many instances fall silent at once, most of them stay listed for a while.
const COUNT = 10;
const HELD_COUNT = 7;
const HOLD_MS = 3_000;

function instances(serviceName: string): readonly InstanceParams[] {
  return Array.from({ length: COUNT }, (_, index) => ({
    serviceName,
    ip: `1.1.1.${index + 1}`,
    port: 80,
    metadata: shortTimeouts,
  }));
}

async function heldInMetrics(client: RegistryClient): Promise<number> {
  const { body } = await client.request("GET", "/nacos/actuator/prometheus");
  const value = /^nacre_naming_held_instances(?:\{[^}]*\})? (\S+)$/m.exec(body)?.[1];
  return Number(value);
}

async function heldInHistory(client: RegistryClient, serviceName: string): Promise<number> {
  const params = { serviceName: `DEFAULT_GROUP@@${serviceName}` };
  const { body } = await client.request("GET", "/nacre/v1/history", params);
  const { entries } = JSON.parse(body) as { entries: readonly { cause: string }[] };
  return entries.filter(({ cause }) => cause === "held").length;
}

function brakeWarnings(member: MemberProcess): readonly LogLine[] {
  const isWarning = ({ level }: LogLine): boolean => level === "warn" || level === 40;
  return member.logLines().filter((line) => isWarning(line) && /brake/i.test(line.msg));
}

// Registers by a beat, as clients do that have been there before.
async function beatOnce(client: RegistryClient, serviceName: string): Promise<void> {
  await Promise.all(instances(serviceName).map((instance) => client.beat(instance)));
}

describe.concurrent("the brake on expiry", () => {
  it("lets three of ten go and holds the others, unhealthy", { timeout: 40_000 }, async () => {
    const member = await startMember({ prefix: "brake" });
    const client = new RegistryClient(member.address);
    const serviceName = "braked";
    await beatOnce(client, serviceName);
    expect(await client.list(serviceName)).toHaveLength(COUNT);

    await eventually(async () => expect(await client.list(serviceName)).toHaveLength(HELD_COUNT), {
      withinMs: 12_000,
    });
    await eventually(async () => expect(await heldInMetrics(client)).toBe(HELD_COUNT), {
      withinMs: 2_000,
    });
    const health = await Promise.all(instances(serviceName).map((one) => client.healthy(one)));
    expect(health.filter((healthy) => healthy === undefined)).toHaveLength(COUNT - HELD_COUNT);
    expect(health.filter((healthy) => healthy === false)).toHaveLength(HELD_COUNT);
    expect(await heldInHistory(client, serviceName)).toBe(HELD_COUNT);
    expect(brakeWarnings(member)).toHaveLength(1);

    const [held] = instances(serviceName).filter((_, index) => health[index] === false);
    if (held === undefined) throw new Error("none is held");
    await client.deregister(held);
    await eventually(
      async () => expect(await client.list(serviceName)).toHaveLength(HELD_COUNT - 1),
      { withinMs: 500 },
    );
    await eventually(async () => expect(await heldInMetrics(client)).toBe(HELD_COUNT - 1), {
      withinMs: 1_000,
    });
    await member.stop();
  });

  it("lets the others go when the time is over", { timeout: 40_000 }, async () => {
    const args = ["--brake-hold-ms", `${HOLD_MS}`];
    const member = await startMember({ prefix: "short-brake", args });
    const client = new RegistryClient(member.address);
    await beatOnce(client, "released");
    await eventually(async () => expect(await heldInMetrics(client)).toBe(HELD_COUNT), {
      withinMs: 12_000,
    });
    const heldMs = nowMs();

    await eventually(async () => expect(await client.list("released")).toEqual([]), {
      withinMs: HOLD_MS + 3_000,
    });
    expect(nowMs() - heldMs).toBeGreaterThan(HOLD_MS - 1_000);
    expect(await heldInMetrics(client)).toBe(0);
    await member.stop();
  });

  it("does not count instances that have never beaten", { timeout: 40_000 }, async () => {
    const member = await startMember({ prefix: "no-beats" });
    const client = new RegistryClient(member.address);
    await Promise.all(instances("never-beaten").map((instance) => client.register(instance)));

    await eventually(async () => expect(await client.list("never-beaten")).toEqual([]), {
      withinMs: 12_000,
    });
    expect(await heldInHistory(client, "never-beaten")).toBe(0);
    await member.stop();
  });
});
