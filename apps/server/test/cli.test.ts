import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../src/cli.ts";
import { settingNames } from "../src/settings/config.ts";
// Internal to the application: it exports nothing.
import { flagOf } from "../src/settings/setting-values.ts";
import { recordingShell } from "./recording-shell.ts";

async function run(...args: string[]) {
  const shell = recordingShell();
  const code = await runCli(args, shell);
  return { code, out: shell.printed.join("\n"), err: shell.complaints.join("\n") };
}

describe("the command line", () => {
  it("prints help when it is asked nothing, or for help", async () => {
    const { code, out } = await run();
    expect(code).toBe(0);
    expect(out).toMatch(/^nacre: a service registry/);
    for (const args of [["--help"], ["-h"], ["help"], ["help", "nothing"]]) {
      expect((await run(...args)).out).toBe(out);
    }
  });

  it("explains every flag of start in lines of at most 100 characters", async () => {
    const { out } = await run("help", "start");
    for (const name of settingNames) {
      expect(out).toMatch(new RegExp(`^  --(?:no-)?${flagOf(name)}\\b`, "m"));
    }
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect((await run("start", "--port", "1", "--help")).out).toBe(out);
  });

  it("explains every other command", async () => {
    expect((await run("help", "config")).out).toMatch(/^Usage: nacre config/);
    expect((await run("why", "--help")).out).toMatch(/^Usage: nacre why SERVICE/);
    expect((await run("members", "--help")).out).toMatch(/^Usage: nacre members/);
    expect((await run("help", "diff")).out).toMatch(/^Usage: nacre diff PEER/);
    expect((await run("leave", "-h")).out).toMatch(/^Usage: nacre leave/);
  });

  it("prints the version of the package", async () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(text) as { version: string };
    expect((await run("--version")).out).toBe(version);
    expect((await run("version")).out).toBe(version);
  });

  it.each([
    [["strat"], 'there is no command "strat"; did you mean start?'],
    [["--port", "1"], "a command comes first, as in nacre start --port"],
    [["config", "--prot", "1"], "there is no flag --prot; did you mean --port?"],
    [["config", "-p", "1"], "there is no flag -p"],
    [["config", "--constructor"], "there is no flag --constructor"],
    [["config", "--port"], "--port needs a value, as in --port=VALUE"],
    [["config", "--host", "--port", "1"], "--host needs a value, as in --host=VALUE"],
    [["config", "8848"], '"8848" is one argument too many'],
    [["why"], "say which service, as in nacre why orders"],
  ])("refuses %j in one line", async (args, message) => {
    expect(await run(...args)).toEqual({
      code: 2,
      out: "",
      err: `nacre: ${message} (see nacre help)`,
    });
  });

  it("says a wrong value in one line", async () => {
    expect(await run("config", "--port=99999")).toEqual({
      code: 1,
      out: "",
      err: 'nacre: server.port is "99999" (flag --port); allowed: 0 to 65535',
    });
  });

  it("takes a flag that is true or false alone, with a value, or turned off", async () => {
    const property = "nacos.naming.expireInstance";
    expect((await run("config", "--expire-instance")).out).toContain(`${property}=true`);
    expect((await run("config", "--expire-instance=false")).out).toContain(`${property}=false`);
    expect((await run("config", "--no-expire-instance")).out).toContain(`${property}=false`);
  });
});
