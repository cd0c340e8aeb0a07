import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordingLogger } from "@nacre/core/testing";
import { loadSettings, startMember } from "@nacre/server";
import { afterAll, describe, expect, it } from "vitest";
import { memberOf } from "./member.ts";

const folder = mkdtempSync(join(tmpdir(), "nacre-"));
afterAll(() => rmSync(folder, { recursive: true }));

function settingsOf(flags: Readonly<Record<string, string>>, environment = {}) {
  return loadSettings({ flags: { port: "0", ...flags }, environment, folder });
}

describe("startMember", () => {
  it("first says where it listens, and last that it has stopped", async () => {
    const logger = new RecordingLogger();
    const member = await startMember(settingsOf({}), logger);
    expect(member.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(logger.lines).toEqual([
      {
        level: "info",
        message: expect.stringContaining("listens on loopback"),
        fields: {
          url: `http://${member.address}/nacos`,
          mode: "standalone",
          store: "memory",
          version: expect.stringMatching(/^\d/),
          pid: process.pid,
        },
      },
    ]);
    await member.stop();
    expect(logger.lines.slice(1).map(({ message }) => message)).toEqual(["stopping", "stopped"]);
  });

  it("does not speak of loopback where others reach it", async () => {
    const logger = new RecordingLogger();
    const member = await startMember(settingsOf({ host: "0.0.0.0" }), logger);
    expect(logger.lines[0]?.message).toBe("the member listens");
    await member.stop();
  });

  it("says what the settings give reason to say", async () => {
    const logger = new RecordingLogger();
    const environment = { NACRE_PROT: "80", JVM_XMS: "1g" };
    const member = await startMember(settingsOf({ host: "127.0.0.1" }, environment), logger);
    await member.stop();
    expect(logger.lines.slice(1, -2)).toEqual([
      expect.objectContaining({ level: "warn", message: expect.stringContaining("unknown") }),
      expect.objectContaining({ level: "info", message: expect.stringContaining("no effect") }),
    ]);
  });

  it("says when somebody has asked it to leave, and serves until it is stopped", async () => {
    const logger = new RecordingLogger();
    const member = await startMember(settingsOf({}), logger);
    const url = `http://${member.address}`;
    const answer = await fetch(`${url}/nacre/v1/leave`, { method: "POST" });
    expect({ status: answer.status, body: await answer.text() }).toEqual({
      status: 200,
      body: '{"leaving":true}',
    });
    await member.askedToLeave;
    expect(logger.lines.at(-1)).toMatchObject({
      level: "info",
      message: "asked to leave",
      fields: { by: "127.0.0.1" },
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await member.stop();
  });

  it("names a port that is taken", async () => {
    const member = await startMember(settingsOf({}), new RecordingLogger());
    const port = member.address.split(":").at(-1) ?? "";
    await expect(startMember(settingsOf({ port }), new RecordingLogger())).rejects.toMatchObject({
      code: "START_FAILED",
      message: `cannot listen on 127.0.0.1:${port}: another process listens there`,
    });
    await member.stop();
  });

  it("names a UDP port that is taken", async () => {
    const { server } = memberOf();
    await server.start();
    const pushPort = String(server.pusher.port);
    await expect(
      startMember(settingsOf({ "push-port": pushPort }), new RecordingLogger()),
    ).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringContaining(`:${pushPort} (EADDRINUSE)`),
    });
    await server.stop();
  });

  it("names a data folder that it cannot write to", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const dataDir = join(file, "data");
    await expect(
      startMember(settingsOf({ "data-dir": dataDir }), new RecordingLogger()),
    ).rejects.toMatchObject({
      code: "START_FAILED",
      message: `the data folder ${dataDir} is not writable (ENOTDIR)`,
    });
  });
});
