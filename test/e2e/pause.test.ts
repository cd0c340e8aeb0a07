import { describe, expect, it } from "vitest";
import { type MemberProcess, startMember } from "../kit/member-process.ts";
import { type InstanceParams, RegistryClient, shortTimeouts } from "../kit/registry-client.ts";
import { nowMs, pause } from "../kit/wait.ts";

// Goal: a member that stood still does not hold its own silence against clients.
const FREEZE_MS = 10_000;
const BEAT_INTERVAL_MS = 1_000;
const serviceName = "paused";
const metadata = shortTimeouts;

// Beats until told to stop. A beat that a frozen member leaves unanswered is given up.
function keepBeating(client: RegistryClient, instance: InstanceParams): () => void {
  const beat = (): void => void client.beat(instance).catch(() => undefined);
  beat();
  const timer = setInterval(beat, BEAT_INTERVAL_MS);
  return () => clearInterval(timer);
}

async function causesOf(member: MemberProcess): Promise<readonly string[]> {
  const client = new RegistryClient(member.address);
  const params = { serviceName: `DEFAULT_GROUP@@${serviceName}` };
  const { body } = await client.request("GET", "/nacre/v1/history", params);
  return (JSON.parse(body) as { entries: { cause: string }[] }).entries.map(({ cause }) => cause);
}

describe("a member that is frozen for longer than all time-outs", () => {
  it("loses no instance and finds none unhealthy", { timeout: 60_000 }, async () => {
    const member = await startMember({ prefix: "frozen" });
    const client = new RegistryClient(member.address);
    // One beats on and on; the other is quiet for a while after the member goes on.
    const steady = { serviceName, ip: "1.1.1.1", port: 80, metadata };
    const late = { serviceName, ip: "2.2.2.2", port: 80, metadata };
    const stops = [steady, late].map((instance) => keepBeating(client, instance));
    try {
      await pause(BEAT_INTERVAL_MS * 2.2);
      stops.pop()?.();
      member.freeze();
      await pause(FREEZE_MS);
      member.resume();
      const resumedMs = nowMs();
      while (nowMs() < resumedMs + 5_000) {
        if (stops.length === 1 && nowMs() > resumedMs + 1_000) {
          stops.push(keepBeating(client, late));
        }
        expect([await client.healthy(steady), await client.healthy(late)]).toEqual([true, true]);
        await pause(100);
      }

      expect(await causesOf(member)).toEqual(["registered", "registered"]);
    } finally {
      for (const stop of stops) stop();
      await member.stop();
    }
  });
});
