import { isIPv6 } from "node:net";
import {
  type Clock,
  DEFAULT_CLUSTER,
  DEFAULT_GROUP,
  DEFAULT_NAMESPACE,
  groupedName,
  systemClock,
} from "@nacre/core";
import type { HistoryAnswer, HistoryEntry } from "@nacre/naming";
import { parseArguments } from "../arguments.ts";
import { fetchHistory } from "../fetch-history.ts";
import { formatLocalTime, parseInstant } from "../local-time.ts";
import { readServer } from "../server-flag.ts";
import { type ExitCode, exitCodes, type Shell, UsageError } from "../shell.ts";
import { terminalText } from "../terminal-text.ts";

/** `nacre why`: tells why the instances of a service came and went. */
export async function why(
  args: readonly string[],
  shell: Shell,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const { flags, positionals } = parseArguments(args, whyFlags, 2);
  const [name, address] = positionals;
  if (name === undefined || name === "") {
    throw new UsageError("say which service, as in nacre why orders");
  }
  const namespaceId = flags["namespace"] ?? DEFAULT_NAMESPACE;
  const serviceName = groupedName(name, DEFAULT_GROUP);
  const answer = await fetchHistory(readServer(flags["server"]), {
    namespaceId,
    serviceName,
    ...readAddress(address),
    ...readFrom(flags["from"], clock),
  });
  if (flags["json"] === "true") {
    shell.print(JSON.stringify(answer, null, 2));
  } else if (answer.entries.length === 0) {
    shell.complain(nothingFound(`${serviceName} in namespace ${namespaceId}`, answer));
  } else {
    answer.entries.map(entryLine).forEach((line) => shell.print(line));
  }
  return answer.entries.length === 0 ? exitCodes.failed : exitCodes.ok;
}

const whyFlags = {
  namespace: { type: "string" },
  server: { type: "string" },
  from: { type: "string" },
  json: { type: "boolean" },
} as const;

function readAddress(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  if (isIPv6(text)) return { ip: text };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const ip = match?.[1] ?? match?.[2];
  if (ip === undefined || (match?.[1] !== undefined && !isIPv6(ip))) {
    throw new UsageError(`"${text}" is no address; allowed: ip, ip:port or [v6]:port`);
  }
  return match?.[3] === undefined ? { ip } : { ip, port: match[3] };
}

function readFrom(text: string | undefined, clock: Clock): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  const fromMs = parseInstant(text, clock);
  if (fromMs === undefined) {
    throw new UsageError(
      `--from is "${text}"; allowed: an age such as 15m, an ISO time, or epoch milliseconds`,
    );
  }
  return { from: String(fromMs) };
}

function entryLine({ atMs, ip, port, clusterName, cause, detail }: HistoryEntry): string {
  const host = isIPv6(ip) ? `[${ip}]` : ip;
  const cluster = clusterName === DEFAULT_CLUSTER ? "" : ` (${clusterName})`;
  const more = detail === "" ? "" : `: ${detail}`;
  const line = `${formatLocalTime(atMs)}  ${host}:${port}${cluster}  ${cause}${more}`;
  // Clients choose some of these texts.
  return terminalText(line);
}

function nothingFound(what: string, { oldestMs, droppedCount }: HistoryAnswer): string {
  const reach =
    oldestMs === null
      ? "the member remembers no change at all"
      : `the member remembers changes since ${formatLocalTime(oldestMs)}` +
        (droppedCount > 0 ? ` and has forgotten ${droppedCount} older ones` : "");
  return (
    `nacre: nothing found about ${what}; ${reach}\n` +
    "Is it another group (GROUP@@SERVICE), namespace (--namespace ID) or member (--server URL)?"
  );
}
