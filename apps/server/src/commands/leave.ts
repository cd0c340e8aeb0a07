import { parseArguments } from "../arguments.ts";
import { fetchMember } from "../fetch-member.ts";
import { readServer } from "../server-flag.ts";
import { settingOf } from "../settings/config.ts";
import { variableOf } from "../settings/setting-values.ts";
import { type ExitCode, exitCodes, type Shell } from "../shell.ts";

/** `nacre leave`: makes a member hand over and stop. */
export async function leave(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { flags } = parseArguments(args, { server: { type: "string" } }, 0);
  const server = readServer(flags["server"]);
  await fetchMember(server, {
    method: "POST",
    path: "/nacre/v1/leave",
    headers: identityIn(shell.environment),
    read: (json) => (isLeaving(json) ? true : undefined),
    expected: "a yes; is it a Nacre member?",
  });
  shell.print(`${server.origin} leaves`);
  return exitCodes.ok;
}

function isLeaving(json: unknown): boolean {
  return typeof json === "object" && json !== null && "leaving" in json && json.leaving === true;
}

/** What members know each other by, where the environment of the command is that of a member. */
function identityIn(environment: Shell["environment"]): Readonly<Record<string, string>> {
  const valueOf = (name: "serverIdentityKey" | "serverIdentityValue"): string => {
    const variables = [variableOf(name), ...(settingOf(name).variables ?? [])];
    return variables.map((variable) => environment[variable] ?? "").find((text) => text) ?? "";
  };
  const [key, value] = [valueOf("serverIdentityKey"), valueOf("serverIdentityValue")];
  return key === "" || value === "" ? {} : { [key]: value };
}
