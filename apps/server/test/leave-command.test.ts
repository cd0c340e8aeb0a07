import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../src/cli.ts";
import { recordingShell } from "./recording-shell.ts";
import { startScriptedMember } from "./scripted-member.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function leave(
  start: Parameters<typeof startScriptedMember>,
  environment: Readonly<Record<string, string>> = {},
) {
  const member = await startScriptedMember(...start);
  closers.push(member.close);
  const shell = recordingShell({ environment });
  const code = await runCli(["leave", "--server", member.url], shell);
  return { code, out: shell.printed, err: shell.complaints.join("\n"), member };
}

const leaving = () => ({ leaving: true });

describe("nacre leave", () => {
  it("asks the member to leave, and says that it does", async () => {
    const { code, out, member } = await leave([leaving]);
    expect({ code, out }).toEqual({ code: 0, out: [`${member.url} leaves`] });
    expect(member.asked.map(({ method, url }) => [method, url.pathname])).toEqual([
      ["POST", "/nacre/v1/leave"],
    ]);
  });

  it.each([
    { NACRE_SERVER_IDENTITY_KEY: "x-identity", NACRE_SERVER_IDENTITY_VALUE: "secret" },
    { NACOS_AUTH_IDENTITY_KEY: "x-identity", NACOS_AUTH_IDENTITY_VALUE: "secret" },
  ])("carries the identity that the environment holds", async (environment) => {
    const { member } = await leave([leaving], environment);
    expect(member.asked[0]?.header("x-identity")).toBe("secret");
  });

  it("carries none that is only half there", async () => {
    const { member } = await leave([leaving], { NACOS_AUTH_IDENTITY_KEY: "x-identity" });
    expect(member.asked[0]?.header("x-identity")).toBeUndefined();
  });

  it("passes on why the member refuses", async () => {
    const { code, err, member } = await leave([
      leaving,
      (_request, response) => void response.writeHead(403).end("not you"),
    ]);
    expect({ code, err }).toEqual({ code: 1, err: `nacre: ${member.url} answered 403: not you` });
  });

  it("does not take any answer for a yes", async () => {
    const { code, err } = await leave([() => ({ leaving: false })]);
    expect(code).toBe(1);
    expect(err).toMatch(/did not answer with a yes; is it a Nacre member\?$/);
  });
});
