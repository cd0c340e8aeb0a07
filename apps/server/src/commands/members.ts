import type { ConvergenceAnswer, PeerConvergenceAnswer } from "@nacre/transport-http";
import { parseArguments } from "../arguments.ts";
import { fetchConvergence } from "../fetch-convergence.ts";
import { readServer } from "../server-flag.ts";
import { type ExitCode, exitCodes, type Shell } from "../shell.ts";
import { columns, formatAge, terminalText } from "../terminal-text.ts";

/** `nacre members`: shows the members as one of them sees them, and what is wrong with whom. */
export async function members(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { flags } = parseArguments(args, membersFlags, 0);
  const answer = await fetchConvergence(readServer(flags["server"]));
  const concerns = concernsOf(answer);
  if (flags["json"] === "true") shell.print(JSON.stringify(answer, null, 2));
  else {
    const table = columns([header, ...rowsOf(answer)]);
    const notes = concerns.length === 0 ? [] : ["", ...concerns];
    for (const line of [...table, ...notes]) shell.print(terminalText(line));
  }
  return concerns.length === 0 ? exitCodes.ok : exitCodes.failed;
}

const membersFlags = { server: { type: "string" }, json: { type: "boolean" } } as const;

const header = [
  " ",
  "address",
  "kind",
  "version",
  "state",
  "ready",
  "last agreed",
  "differing",
  "queue",
];

/** A difference that lasts for more rounds than this is more than data on their way. */
const quietRoundsMax = 2;

function rowsOf({ self, state, version, isReady, peers }: ConvergenceAnswer): readonly string[][] {
  const own = ["*", self, "nacre", version, state, yesOrNo(isReady)];
  const rows = [own, ...peers.map(rowOf)];
  return rows.toSorted(([, a = ""], [, b = ""]) => (a < b ? -1 : 1));
}

function rowOf(peer: PeerConvergenceAnswer): string[] {
  const { address, kind, version, state, isReady, lastAgreedMs, differing, queued } = peer;
  return [
    " ",
    address,
    kind,
    version ?? "-",
    state,
    yesOrNo(isReady),
    lastAgreedMs === null ? "never" : `${formatAge(lastAgreedMs)} ago`,
    String(differing.count),
    String(queued),
  ];
}

function yesOrNo(isSo: boolean): string {
  return isSo ? "yes" : "no";
}

function concernsOf({ self, isReady, reason, peers }: ConvergenceAnswer): readonly string[] {
  const own = isReady ? [] : [`${self} does not serve: ${reason ?? "it does not say why"}`];
  return [...own, ...peers.flatMap(concernsOfPeer)];
}

function concernsOfPeer(peer: PeerConvergenceAnswer): readonly string[] {
  const { address, state, isReady, isIll, differing } = peer;
  const concerns: string[] = [];
  if (state !== "UP") concerns.push(`${address} is ${state}`);
  else if (!isReady) concerns.push(`${address} does not serve yet`);
  if (isIll) concerns.push(`${address} tells nothing of its services any more: restart it`);
  if (differing.rounds > quietRoundsMax) {
    const since = differing.sinceMs === null ? "" : ` for ${formatAge(differing.sinceMs)}`;
    concerns.push(`${address} has disagreed${since}: nacre diff ${address}`);
  }
  return concerns;
}
