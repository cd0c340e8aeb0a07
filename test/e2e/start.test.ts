import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, makeFolder, removeFolder, runNacre } from "../kit/command.ts";
import { type LogLine, startMember } from "../kit/member-process.ts";
import { freePort } from "../kit/ports.ts";
import { exchange } from "../kit/raw-http.ts";
import { RegistryClient } from "../kit/registry-client.ts";

const HOST = "127.0.0.1";

let folder: string;

beforeAll(async () => {
  folder = await makeFolder();
});

afterAll(async () => {
  await removeFolder(folder);
});

// The one line that a failed start leaves.
function complaintOf({ code, stdout, stderr }: CommandResult): string {
  expect(code).toBeGreaterThan(0);
  const lines = stderr.filter((line) => line.trim() !== "");
  expect(lines).toHaveLength(1);
  expect([...stdout, ...stderr].filter((line) => /^\s+at /.test(line))).toEqual([]);
  return lines[0] ?? "";
}

async function failToStart(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const port = args.includes("--port") ? [] : ["--port", `${await freePort()}`];
  return complaintOf(await runNacre(["start", "--host", HOST, ...port, ...args], environment));
}

describe("a member that cannot start", () => {
  it("names a port that is taken", async () => {
    const member = await startMember({ prefix: "first" });
    const complaint = await failToStart(["--port", `${member.address.port}`]);

    expect(complaint).toContain(`${member.address.port}`);
    await member.stop();
  });

  it("names a data folder that it cannot write to", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");

    expect(await failToStart(["--data-dir", join(file, "data")])).toContain("a-file");
  });

  it("names a file of settings that is not there", async () => {
    const path = join(folder, "missing.properties");

    expect(await failToStart(["--config", path])).toContain("missing.properties");
  });

  it("names the setting, the line and what is allowed for a wrong value in a file", async () => {
    const path = join(folder, "wrong.properties");
    await writeFile(path, "# comment\nserver.port=many\n");
    const complaint = complaintOf(await runNacre(["start", "--config", path]));

    expect(complaint).toContain("server.port");
    expect(complaint).toContain("wrong.properties:2");
    expect(complaint).toContain("0 to 65535");
  });

  it("names the setting, the flag and what is allowed for a wrong flag", async () => {
    const complaint = await failToStart(["--port", "70000"]);

    expect(complaint).toContain("server.port");
    expect(complaint).toContain("--port");
    expect(complaint).toContain("0 to 65535");
  });

  it("names the setting, the variable and what is allowed for a wrong variable", async () => {
    const complaint = await failToStart([], { NACRE_PUSH_DELAY_MS: "soon" });

    expect(complaint).toContain("nacre.push.delay-ms");
    expect(complaint).toContain("NACRE_PUSH_DELAY_MS");
    expect(complaint).toContain("0 to 10000");
  });
});

const isError = ({ level }: LogLine): boolean => level === "error" || Number(level) >= 50;

describe("a member that starts", () => {
  it("first says that it listens on loopback", async () => {
    const member = await startMember({ prefix: "loopback" });

    expect(JSON.stringify(member.logLines()[0])).toMatch(/listen/i);
    expect(JSON.stringify(member.logLines()[0])).toMatch(/127\.0\.0\.1|loopback/);
    await member.stop();
  });

  it("answers soon", async () => {
    const member = await startMember({ prefix: "soon" });

    console.log(`start to first answer: ${Math.round(member.startedInMs)} ms`);
    expect(member.startedInMs).toBeLessThan(3_000);
    await member.stop();
  });
});

describe("the log", () => {
  it("is silent about requests", async () => {
    const member = await startMember({ prefix: "silent" });
    const client = new RegistryClient(member.address);
    const lineCount = member.logLines().length;
    for (let port = 1; port <= 20; port++) {
      const instance = { serviceName: "logged", ip: "1.1.1.1", port };
      await client.register(instance);
      await client.beat(instance);
      await client.list("logged");
      await client.deregister(instance);
    }

    expect(member.logLines().slice(lineCount)).toEqual([]);
    await member.stop();
  });

  it("has no error because of what a client sends", async () => {
    const member = await startMember({ prefix: "abused" });
    const client = new RegistryClient(member.address);
    const base = "/nacos/v1/ns/instance";
    const good = { serviceName: "abused", ip: "1.1.1.1", port: "80" };
    const wrong: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
      ["POST", base, {}],
      ["POST", base, { ...good, port: "eighty" }],
      ["POST", base, { ...good, weight: "heavy" }],
      ["POST", base, { ...good, metadata: "{" }],
      ["PUT", `${base}/beat`, { serviceName: "abused", beat: "{" }],
      ["GET", `${base}/list`, { serviceName: "@@" }],
      ["GET", "/nacos/v1/ns/nothing", {}],
      ["PROPFIND", base, {}],
    ];
    for (const [method, path, params] of wrong) {
      expect((await client.request(method, path, params)).status).toBeGreaterThanOrEqual(400);
    }
    for (const target of [
      "/%",
      "/%ff?a=%zz",
      '/nacos/v1/ns/instance?metadata={"a":1}',
      "no-path",
    ]) {
      await exchange(member.address, { method: "GET", target, headers: [] });
    }
    const headers = [["Content-Type", "application/json"]] as const;
    await exchange(member.address, { method: "POST", target: base, headers, body: "{" });

    expect(member.logLines().filter(isError)).toEqual([]);
    expect(member.stderr).toEqual([]);
    await member.stop();
  });
});
