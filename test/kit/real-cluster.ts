import { type LogLine, type MemberProcess, startMember } from "./member-process.ts";
import { freePort } from "./ports.ts";
import { exchange } from "./raw-http.ts";
import { eventually, nowMs } from "./wait.ts";

/** How a {@link RealCluster} is started. */
export interface RealClusterOptions {
  readonly memberCount: number;
  /** How many of them are started; by default all. */
  readonly runningCount?: number;
  /** Flags that all members get. */
  readonly args?: readonly string[];
}

const READY_WITHIN_MS = 20_000;

/** Starts members that know each other, and waits until all of them serve. Stop it when done. */
export async function startCluster(options: RealClusterOptions): Promise<RealCluster> {
  const { memberCount, runningCount = memberCount, args = [] } = options;
  const ports: number[] = [];
  for (let index = 0; index < memberCount; index++) ports.push(await freePort());
  const cluster = new RealCluster(ports, args);
  const indexes = ports.map((_, index) => index).slice(0, runningCount);
  await Promise.all(indexes.map((index) => cluster.start(index)));
  await Promise.all(indexes.map((index) => cluster.ready(index)));
  return cluster;
}

/** Several real members on loopback, each in a process of its own. */
export class RealCluster {
  readonly ports: readonly number[];
  readonly #args: readonly string[];
  readonly #members = new Map<number, MemberProcess>();
  readonly #ended: MemberProcess[] = [];

  constructor(ports: readonly number[], args: readonly string[]) {
    this.ports = ports;
    this.#args = args;
  }

  /** The member that runs, or last ran, at a place. */
  at(index: number): MemberProcess {
    const member = this.#members.get(index);
    if (member === undefined) throw new Error(`no member was started at ${index}`);
    return member;
  }

  addressOf(index: number): string {
    return `127.0.0.1:${this.ports[index]}`;
  }

  async start(index: number): Promise<void> {
    const port = this.ports[index];
    if (port === undefined) throw new Error(`there is no place ${index}`);
    const list = this.ports.map((_, each) => this.addressOf(each)).join(",");
    const args = ["--members", list, "--self", this.addressOf(index), ...this.#args];
    this.#members.set(index, await startMember({ port, args, prefix: `member ${index}` }));
  }

  async isServing(index: number): Promise<boolean> {
    const request = { method: "GET", target: "/readyz", headers: [["Accept", "*/*"]] as const };
    const { status } = await exchange(this.at(index).address, request);
    return status === 200;
  }

  /** Waits until a member serves. @returns how long that took, milliseconds */
  async ready(index: number, withinMs = READY_WITHIN_MS): Promise<number> {
    const beganMs = nowMs();
    await eventually(
      async () => {
        if (!(await this.isServing(index))) throw new Error(`member ${index} is not ready`);
      },
      { withinMs, everyMs: 20 },
    );
    return nowMs() - beganMs;
  }

  /** Ends a member at once, as a crash does. */
  async kill(index: number): Promise<void> {
    const member = this.at(index);
    member.signal("SIGKILL");
    await member.exited;
    this.#ended.push(member);
  }

  /** Ends a member as an operator does. @returns how long that took, milliseconds */
  async terminate(index: number): Promise<number> {
    const member = this.at(index);
    const beganMs = nowMs();
    member.signal("SIGTERM");
    await member.exited;
    this.#ended.push(member);
    return nowMs() - beganMs;
  }

  /** What a member logged above info. */
  complaints(index: number): readonly LogLine[] {
    return this.at(index)
      .logLines()
      .filter(({ level }) => Number(level) > 30);
  }

  /** The output of all members, for the message of a failed test. */
  describe(): string {
    return [...this.#members.values()].map((member) => member.describe()).join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#members.values(), ...this.#ended].map((member) => member.stop()));
  }
}
