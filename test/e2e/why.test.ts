import { describe, expect, it } from "vitest";
import { runNacre } from "../kit/command.ts";
import { startMember } from "../kit/member-process.ts";
import { RegistryClient, shortTimeouts } from "../kit/registry-client.ts";
import { eventually } from "../kit/wait.ts";

describe("nacre why", () => {
  it("prints a line for each change of an instance", { timeout: 40_000 }, async () => {
    const member = await startMember({ prefix: "why" });
    const client = new RegistryClient(member.address);
    const gone = { serviceName: "asked", ip: "1.1.1.1", port: 80, metadata: shortTimeouts };
    await client.register(gone);
    await client.register({ ...gone, serviceName: "another" });
    await eventually(async () => expect(await client.healthy(gone)).toBeUndefined(), {
      withinMs: 12_000,
    });

    const result = await runNacre(["why", "asked", "--server", member.baseUrl]);
    expect(result).toMatchObject({ code: 0, stderr: [] });
    expect(result.stdout.map((line) => line.replace(/^.*1\.1\.1\.1:80\s+/, ""))).toEqual([
      expect.stringMatching(/^registered/),
      expect.stringMatching(/^beats stopped/),
      expect.stringMatching(/^expired/),
    ]);
    await member.stop();
  });

  it("says so when the member cannot be reached", async () => {
    const result = await runNacre(["why", "asked", "--server", "http://127.0.0.1:1"]);

    expect(result.code).toBeGreaterThan(0);
    expect(result.stderr).toHaveLength(1);
  });
});
