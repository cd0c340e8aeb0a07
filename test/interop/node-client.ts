import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Host, NacosNamingClient } from "nacos";
import { within } from "../kit/wait.ts";

const instanceProgram = fileURLToPath(new URL("./nacos-instance.mjs", import.meta.url));

/** The official client for Node, and what its log tells of how it came to know something. */
export interface OpenClient {
  readonly client: NacosNamingClient;
  /** How often the client has fetched or refreshed a list by HTTP. */
  readonly polls: () => number;
  /** How many pushes the client has received. */
  readonly pushes: () => number;
  readonly close: () => Promise<void>;
}

/** Opens a client; `serverList` is `host:port`, or several joined by commas. Close it when done. */
export async function openClient(serverList: string): Promise<OpenClient> {
  const lines: string[] = [];
  const log = (line: unknown): void => void lines.push(String(line));
  const logger = { ...console, debug: log, info: log, warn: log, error: log };
  const client = new NacosNamingClient({ logger, serverList, namespace: "public" });
  // The declarations of the package leave these out.
  const inner = client as unknown as {
    readonly _beatReactor: { _clientBeatInterval: number };
    close(): Promise<void>;
  };
  // The loop of beats ends with its pause, so a short one lets the client close at once.
  inner._beatReactor._clientBeatInterval = 200;
  await client.ready();
  const count = (part: RegExp): number => lines.filter((line) => part.test(line)).length;
  return {
    client,
    polls: () => count(/updateServiceNow\(\)|refreshOnly/),
    pushes: () => count(/received push data/),
    close: () => inner.close(),
  };
}

/** An instance as the client wants it. */
export function instanceAt(ip: string, metadata: Readonly<Record<string, string>> = {}) {
  const names = { instanceId: "", clusterName: "DEFAULT" };
  return { ...names, ip, port: 8080, healthy: true, enabled: true, ephemeral: true, metadata };
}

/** The addresses in a list, sorted. */
export function ipsOf(hosts: readonly Host[] | undefined): readonly string[] {
  return (hosts ?? []).map(({ ip }) => ip).toSorted();
}

/** Where and as what a process registers. */
export interface InstanceProcessOptions {
  readonly serverList: string;
  readonly serviceName: string;
  readonly instance: ReturnType<typeof instanceAt>;
}

/** Starts a process that registers an instance and beats for it. It ends with this one at the latest. */
export async function startInstance(options: InstanceProcessOptions): Promise<ChildProcess> {
  const { serverList, serviceName, instance } = options;
  const args = [instanceProgram, serverList, serviceName, JSON.stringify(instance)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  await within(once(child.stdout, "data"), 10_000, "an instance registers");
  return child;
}
