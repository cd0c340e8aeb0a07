import {
  type Address,
  type BeatMessage,
  type DigestAnswer,
  type DigestMessage,
  type FetchAnswer,
  type FetchRequest,
  type Greeting,
  type Millis,
  parseDatumKey,
  type DatumCopy,
  type DatumKey,
  type ReportAnswer,
  type SyncMessage,
} from "@nacre/core";
import type { SimClient } from "./sim-client.ts";
import { SimCluster } from "./sim-cluster.ts";
import type { LinkFault, SimLink } from "./sim-link.ts";
import type { SimCall, SimFate } from "./sim-network.ts";
import type { SimAnswer, SimForward, SimWrite } from "./sim-write.ts";

/** The members of a transcript, by the letters that stand for them. */
const addresses = new Map<string, Address>([
  ["a", "10.0.0.1:8848"],
  ["b", "10.0.0.2:8848"],
  ["c", "10.0.0.3:8848"],
]);

/** What is not shown unless a transcript asks for it: it flows all the time. */
const QUIET: readonly string[] = ["report", "greet", "beats", "digest"];

/**
 * Runs the commands of a transcript on a simulated cluster, and says which messages flowed. What can be
 * said is listed in `test/scenarios/README.md`.
 */
export class SimTranscript {
  readonly #cluster: SimCluster;
  readonly #clients = new Map<string, SimClient>();
  readonly #cut: LinkFault = { lossRatio: 1 };
  readonly #shown = new Set<string>();
  #lines: string[] = [];

  /** @param clientNames the instances that take part, `<service>/<ip>` */
  constructor(clientNames: readonly string[], memberNames: readonly string[]) {
    const subjects = clientNames.map((name) => {
      const [service = "", ip = ""] = name.split("/");
      return { serviceName: `DEFAULT_GROUP@@${service}`, ip, port: 80 };
    });
    this.#cluster = new SimCluster({
      seed: 1,
      addresses: memberNames.map(addressOf),
      subjects,
      delayMs: [1, 1],
      onMessage: (fate, call, answer) => this.#note(fate, call, answer),
    });
    for (const [at, client] of this.#cluster.clients.entries()) {
      this.#clients.set(clientNames[at] ?? "", client);
    }
  }

  /** Does what one line says. @returns what is to be seen of it */
  async run(line: string): Promise<readonly string[]> {
    this.#lines = [];
    const [command = "", ...words] = line.split(/\s+/);
    await this.#do(command, words);
    return this.#lines;
  }

  async #do(command: string, words: readonly string[]): Promise<void> {
    switch (command) {
      case "start":
        return words.forEach((name) => this.#cluster.start(addressOf(name)));
      case "kill":
        return words.forEach((name) => this.#cluster.kill(addressOf(name)));
      case "leave":
        return words.forEach((name) => this.#cluster.leave(addressOf(name)));
      case "register":
        return words.forEach((name) => this.#client(name).start());
      case "deregister":
        return words.forEach((name) => this.#client(name).deregister());
      case "die":
        return words.forEach((name) => this.#client(name).die());
      case "cut":
        return this.#links(words).forEach((link) => link.add(this.#cut));
      case "heal":
        return this.#links(words).forEach((link) => link.remove(this.#cut));
      case "unlist":
        return this.#lists(words, (at, whom) => this.#cluster.unlist(at, whom));
      case "relist":
        return this.#lists(words, (at, whom) => this.#cluster.relist(at, whom));
      case "show":
        return words.forEach((kind) => this.#shown.add(kind));
      case "hide":
        return words.forEach((kind) => this.#shown.delete(kind));
      case "wait":
        return this.#cluster.runUntil(this.#cluster.clock.nowMs + millisOf(words[0] ?? ""));
      case "list":
        return words.forEach((name) => this.#list(name));
      default:
        throw new Error(`there is no command ${command}`);
    }
  }

  #list(service: string): void {
    for (const member of this.#cluster.members) {
      const instances = member.list(`DEFAULT_GROUP@@${service}`).map(instanceText).toSorted();
      const text = member.isReady ? instances.join(", ") || "nothing" : "503, still starting";
      this.#lines.push(`${nameOf(member.address)}: ${text}`);
    }
  }

  #client(name: string): SimClient {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`there is no client ${name}`);
    return client;
  }

  // `a>b`: on the list of a, b.
  #lists(words: readonly string[], change: (at: Address, whom: Address) => void): void {
    for (const word of words) {
      const [at = "", whom = ""] = word.split(">").map(addressOf);
      change(at, whom);
    }
  }

  // `a>b` is one direction, `a-b` both.
  #links(words: readonly string[]): readonly SimLink[] {
    return words.flatMap((word) => {
      const [from = "", to = ""] = word.split(/[->]/).map(addressOf);
      const there = this.#cluster.network.link(from, to);
      return word.includes(">") ? [there] : [there, this.#cluster.network.link(to, from)];
    });
  }

  #note(fate: SimFate, call: SimCall, answer: unknown): void {
    const { kind, from, to } = call;
    if (QUIET.includes(kind) && !this.#shown.has(kind)) return;
    const line = (arrow: string, text: string): void => {
      const at = (this.#cluster.clock.nowMs / 1_000).toFixed(3).padStart(7);
      this.#lines.push(`${at} ${nameOf(from)} ${arrow} ${nameOf(to)}  ${text}`);
    };
    if (fate === "arrived") line("→", `${kind}${requestText(call)}`);
    else if (fate === "lost") line("→|", `${kind}${requestText(call)}`);
    else if (fate === "refused") line("←", `${kind}: nobody listens`);
    else if (fate === "timed out") line("←", `${kind}: no answer in time`);
    else if (fate === "failed") line("←", `${kind}: ${failureText(answer)}`);
    else if (fate === "answered") {
      const text = answerText(kind, answer);
      if (text !== "") line("←", text);
    }
  }
}

function addressOf(name: string): Address {
  const address = addresses.get(name);
  if (address === undefined) throw new Error(`there is no member ${name}`);
  return address;
}

function nameOf(address: Address): string {
  for (const [name, each] of addresses) if (each === address) return name;
  return "client";
}

function millisOf(text: string): Millis {
  return text.endsWith("ms") ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1_000;
}

function requestText({ kind, body }: SimCall): string {
  switch (kind) {
    case "write":
      return ` ${writeText(body as SimWrite)}`;
    case "forward":
      return ` ${writeText((body as SimForward).write)}`;
    case "sync":
      return syncText(body as SyncMessage);
    case "beats":
      return beatsText(body as BeatMessage);
    case "digest":
      return (body as DigestMessage).buckets === undefined ? " root" : " root and buckets";
    case "fetch":
      return fetchText(body as FetchRequest);
    default:
      return "";
  }
}

function answerText(kind: string, answer: unknown): string {
  switch (kind) {
    case "write":
    case "forward":
      return (answer as SimAnswer).isKnown ? "ok" : "20404, register again";
    case "greet": {
      const { kind: is, isReady } = answer as Greeting;
      return `${is}, ${isReady ? "ready" : "not ready"}`;
    }
    case "report":
      return `code ${(answer as ReportAnswer).code}`;
    case "digest":
      return digestText(answer as DigestAnswer);
    case "fetch":
      return (answer as FetchAnswer).data.map(copyText).join("; ") || "nothing";
    default:
      return "";
  }
}

function writeText({ kind, subject }: SimWrite): string {
  return `${kind} ${bare(subject.serviceName)}/${subject.ip}`;
}

function syncText({ data, relayTo }: SyncMessage): string {
  return ` ${data.map(copyText).join("; ")}${relayText(relayTo)}`;
}

function beatsText({ beats, relayTo }: BeatMessage): string {
  const texts = beats.flatMap(({ key, instanceKeys }) =>
    instanceKeys.map((instance) => `${serviceOf(key)}/${instance.split(":")[0]}`),
  );
  return ` ${texts.join(", ")}${relayText(relayTo)}`;
}

function relayText(relayTo: readonly Address[]): string {
  return relayTo.length === 0 ? "" : `, pass on to ${relayTo.map(nameOf).join(" and ")}`;
}

function fetchText(request: FetchRequest): string {
  if ("keys" in request)
    return ` ${request.keys.map((key) => serviceOf(key as DatumKey)).join(", ")}`;
  return request.scope === "all" ? " everything" : " what you are responsible for";
}

function digestText(answer: DigestAnswer): string {
  if (answer.outcome !== "keys") return answer.outcome;
  const keys = [...answer.buckets.values()].flatMap((bucket) => [...bucket.keys()]);
  const names = keys.map((key) => serviceOf(key as DatumKey)).join(", ");
  return `${answer.buckets.size} buckets differ, with ${names || "nothing"}`;
}

function copyText({ key, instances, gone }: DatumCopy): string {
  const standing = instances.map(({ instance }) => instanceText(instance));
  const ended = gone.map(({ instanceKey, kind }) => `${instanceKey.split(":")[0]} ${kind}`);
  return `${serviceOf(key)} [${[...standing, ...ended].toSorted().join(", ")}]`;
}

function instanceText({ ip, healthy }: { readonly ip: string; readonly healthy: boolean }): string {
  return healthy ? ip : `${ip} unhealthy`;
}

function serviceOf(key: DatumKey): string {
  return bare(parseDatumKey(key).groupedServiceName);
}

function bare(groupedName: string): string {
  return groupedName.split("@@")[1] ?? groupedName;
}

function failureText(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return cause.message.replace(/10\.0\.0\.\d:8848/, "it");
  return error instanceof Error ? error.message : String(error);
}
