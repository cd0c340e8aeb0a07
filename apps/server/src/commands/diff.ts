import { isDatumKey, NacreError, parseDatumKey, parseDefinitionKey } from "@nacre/core";
import type { ConvergenceAnswer, PeerConvergenceAnswer } from "@nacre/transport-http";
import { parseArguments } from "../arguments.ts";
import { fetchConvergence } from "../fetch-convergence.ts";
import { fetchList } from "../fetch-list.ts";
import { type InstanceDifference, instanceDifferences } from "../instance-differences.ts";
import { readServer } from "../server-flag.ts";
import { type ExitCode, exitCodes, type Shell, UsageError } from "../shell.ts";
import { formatAge, terminalText } from "../terminal-text.ts";

/** `nacre diff`: shows in what a member and one of its peers differ. */
export async function diff(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const { flags, positionals } = parseArguments(args, diffFlags, 1);
  const [address] = positionals;
  if (address === undefined || address === "") {
    throw new UsageError("say which peer, as in nacre diff 10.0.0.2:8848");
  }
  const server = readServer(flags["server"]);
  const answer = await fetchConvergence(server);
  const peer = peerIn(answer, address);
  const { contextPath, self } = answer;
  const pair: Pair = { server, peerServer: serverAt(address), contextPath };
  const print = (line: string): void => shell.print(terminalText(line));
  if (flags["json"] === "true") {
    shell.print(JSON.stringify(await jsonOf(self, peer, pair), null, 2));
  } else await printAll(self, peer, pair, print);
  return peer.differing.count === 0 && peer.lastAgreedMs !== null ? exitCodes.ok : exitCodes.failed;
}

const diffFlags = { server: { type: "string" }, json: { type: "boolean" } } as const;

/** So many keys are looked at. */
const keysMax = 20;

/** Whom lists are compared of. */
interface Pair {
  readonly server: URL;
  readonly peerServer: URL;
  readonly contextPath: string;
}

/** What is said of one key. */
interface KeyDifference {
  readonly key: string;
  readonly namespaceId?: string;
  readonly serviceName?: string;

  /** `undefined`: it is no list of instances, so lists tell nothing of it. */
  readonly instances?: readonly InstanceDifference[];
}

function peerIn({ self, peers }: ConvergenceAnswer, address: string): PeerConvergenceAnswer {
  const peer = peers.find((each) => each.address === address);
  if (peer !== undefined) return peer;
  const known = peers.map((each) => each.address).join(", ");
  const hint = known === "" ? "it has none" : `its peers are ${known}`;
  throw new UsageError(terminalText(`${address} is no peer of ${self}; ${hint}`));
}

function serverAt(address: string): URL {
  const url = `http://${address}`;
  if (URL.canParse(url)) return new URL(url);
  throw new NacreError("MEMBER_UNREACHABLE", `${terminalText(address)} is no address`);
}

async function printAll(
  self: string,
  { address, lastAgreedMs, differing }: PeerConvergenceAnswer,
  pair: Pair,
  print: (line: string) => void,
): Promise<void> {
  const { count, sinceMs, sample } = differing;
  if (count === 0) {
    print(
      lastAgreedMs === null
        ? `${self} has not compared itself with ${address} yet`
        : `${self} and ${address} agreed ${formatAge(lastAgreedMs)} ago`,
    );
    return;
  }
  const since = sinceMs === null ? "" : `, for ${formatAge(sinceMs)}`;
  print(
    `${count} ${count === 1 ? "key differs" : "keys differ"} between ${self} (here) and ${address} (there)${since}`,
  );
  for (const key of sample.slice(0, keysMax)) {
    const difference = await differenceOf(key, pair);
    print("");
    for (const line of linesOf(difference)) print(line);
  }
  const moreCount = count - Math.min(sample.length, keysMax);
  if (moreCount > 0) ["", `and ${moreCount} more`].forEach(print);
}

async function jsonOf(
  self: string,
  { address, lastAgreedMs, differing }: PeerConvergenceAnswer,
  pair: Pair,
): Promise<unknown> {
  const { count, sinceMs, rounds, sample } = differing;
  const keys: KeyDifference[] = [];
  for (const key of sample.slice(0, keysMax)) keys.push(await differenceOf(key, pair));
  return { self, peer: address, lastAgreedMs, count, sinceMs, rounds, keys };
}

async function differenceOf(
  key: string,
  { server, peerServer, contextPath }: Pair,
): Promise<KeyDifference> {
  const definition = parseDefinitionKey(key);
  if (definition !== undefined) {
    const { namespaceId, groupedServiceName: serviceName } = definition;
    return { key, namespaceId, serviceName };
  }
  if (!isDatumKey(key)) return { key };
  const { namespaceId, groupedServiceName: serviceName } = parseDatumKey(key);
  const question = { contextPath, namespaceId, serviceName };
  const [here, there] = await Promise.all([
    fetchList(server, question),
    fetchList(peerServer, question),
  ]);
  return { key, namespaceId, serviceName, instances: instanceDifferences(here, there) };
}

function linesOf({ key, namespaceId, serviceName, instances }: KeyDifference): readonly string[] {
  if (serviceName === undefined) return [key];
  const name = `${namespaceId}/${serviceName}`;
  if (instances === undefined) return [`${name}: the definition of the service`];
  if (instances.length === 0) return [name, "  the lists are the same"];
  return [name, ...instances.map((instance) => `  ${instanceLine(instance)}`)];
}

function instanceLine({ ip, port, clusterName, differences }: InstanceDifference): string {
  const host = ip.includes(":") ? `[${ip}]` : ip;
  const cluster = clusterName === "DEFAULT" ? "" : ` (${clusterName})`;
  return `${host}:${port}${cluster}  ${differences.join("; ")}`;
}
