import { afterEach, describe, expect, it } from "vitest";
import { runNacre } from "../kit/command.ts";
import { type RealCluster, startCluster } from "../kit/real-cluster.ts";
import { RegistryClient } from "../kit/registry-client.ts";
import { eventually, nowMs, within } from "../kit/wait.ts";

const GONE_WITHIN_MS = 2_000;

let cluster: RealCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function startTwo() {
  const started = await startCluster({ memberCount: 2 });
  cluster = started;
  const [first, second] = [started.addressOf(0), started.addressOf(1)];
  const nacre = (command: string, ...args: string[]) =>
    runNacre([command, ...args, "--server", `http://${first}`]);
  return { members: started, first, second, nacre };
}

describe("what an operator sees of two members", { timeout: 60_000 }, () => {
  it("is that they agree, until one leaves and has handed over", async () => {
    const { members, first, second, nacre } = await startTwo();
    const client = new RegistryClient(members.at(0).address);
    await client.register({ serviceName: "orders", ip: "10.0.0.1", port: 80 });
    await eventually(async () => expect(await nacre("diff", second)).toMatchObject({ code: 0 }), {
      withinMs: 15_000,
    });
    const together = await nacre("members");
    expect(together).toMatchObject({ code: 0, stderr: [] });
    expect(together.stdout.slice(1).map((line) => line.slice(3).split(/\s+/)[0])).toEqual(
      [first, second].toSorted(),
    );

    const beganMs = nowMs();
    const left = await runNacre(["leave", "--server", `http://${second}`]);
    expect(left).toMatchObject({ code: 0, stdout: [`http://${second} leaves`] });
    const { code } = await within(members.at(1).exited, 5_000, "the member exits");
    expect(code).toBe(0);
    expect(nowMs() - beganMs).toBeLessThan(GONE_WITHIN_MS);

    const alone = await nacre("members");
    expect(alone).toMatchObject({ code: 1 });
    expect(alone.stdout.at(-1)).toBe(`${second} is DOWN`);
    expect(await client.list("orders")).toHaveLength(1);
  });
});
