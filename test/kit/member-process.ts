import { type Exit, makeFolder, removeFolder, type RunningCommand, spawnNacre } from "./command.ts";
import { freePort } from "./ports.ts";
import { type Address, exchange } from "./raw-http.ts";
import { eventually, nowMs, within } from "./wait.ts";

/** How a member is started. */
export interface MemberOptions {
  /** Flags besides the port and the address. */
  readonly args?: readonly string[];
  /** Environment variables besides those of the tests, whose settings of Nacre are left out. */
  readonly environment?: Readonly<Record<string, string>>;
  /** @defaultValue a free one */
  readonly port?: number;
  /** What lines of this member start with in messages. */
  readonly prefix?: string;
}

/** A line that a member logged as JSON. */
export interface LogLine {
  readonly level: number | string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 5_000;

interface MemberDetails {
  readonly address: Address;
  readonly folder: string;
  readonly prefix: string;
  readonly startedInMs: number;
}

/**
 * Starts a member and waits until it answers `/livez`. Whoever starts one stops it.
 *
 * @throws Error with the output of the process when it does not
 */
export async function startMember(options: MemberOptions = {}): Promise<MemberProcess> {
  const { args = [], environment = {}, prefix = "member" } = options;
  const address: Address = { host: HOST, port: options.port ?? (await freePort()) };
  const folder = await makeFolder();
  const flags = ["--port", `${address.port}`, "--host", HOST, ...args];
  const begunMs = nowMs();
  const command = spawnNacre(["start", ...flags], folder, environment);
  try {
    await untilLive(command, address);
  } catch (error) {
    command.child.kill("SIGKILL");
    await removeFolder(folder);
    throw new Error(`${String(error)}\n${describe(command, prefix)}`, { cause: error });
  }
  const details = { address, folder, prefix, startedInMs: nowMs() - begunMs };
  return new MemberProcess(command, details);
}

/**
 * A real member in a process of its own, on loopback.
 *
 * It runs the built server in an empty folder; {@link startMember} makes one.
 */
export class MemberProcess {
  readonly address: Address;
  /** From the start of the process to its first answer. */
  readonly startedInMs: number;
  readonly #command: RunningCommand;
  readonly #folder: string;
  readonly #prefix: string;

  constructor(command: RunningCommand, { address, folder, prefix, startedInMs }: MemberDetails) {
    this.#command = command;
    this.address = address;
    this.#folder = folder;
    this.#prefix = prefix;
    this.startedInMs = startedInMs;
  }

  /** `http://127.0.0.1:<port>`. */
  get baseUrl(): string {
    return `http://${this.address.host}:${this.address.port}`;
  }

  get pid(): number {
    const { pid } = this.#command.child;
    if (pid === undefined) throw new Error("the process never ran");
    return pid;
  }

  get stdout(): readonly string[] {
    return this.#command.stdout;
  }

  get stderr(): readonly string[] {
    return this.#command.stderr;
  }

  /** Settles when the process is gone. */
  get exited(): Promise<Exit> {
    return this.#command.exited;
  }

  /** What was logged so far, of both streams; lines that are not JSON are left out. */
  logLines(): readonly LogLine[] {
    return [...this.stdout, ...this.stderr].flatMap((line): LogLine[] =>
      line.startsWith("{") ? [JSON.parse(line) as LogLine] : [],
    );
  }

  /** The whole output, each line behind the prefix. */
  describe(): string {
    return describe(this.#command, this.#prefix);
  }

  signal(name: NodeJS.Signals): void {
    this.#command.child.kill(name);
  }

  /** Stops the process where it stands, until {@link MemberProcess.resume}. */
  freeze(): void {
    this.signal("SIGSTOP");
  }

  resume(): void {
    this.signal("SIGCONT");
  }

  /** Ends the process with SIGTERM, by force if that takes too long. Can be called again. */
  async stop(): Promise<Exit> {
    this.resume();
    this.signal("SIGTERM");
    try {
      return await within(this.exited, STOP_TIMEOUT_MS, "SIGTERM to exit");
    } catch {
      this.signal("SIGKILL");
      return await this.exited;
    } finally {
      await removeFolder(this.#folder);
    }
  }
}

async function untilLive(command: RunningCommand, address: Address): Promise<void> {
  let gone: Exit | undefined;
  command.exited.then(
    (exit) => (gone = exit),
    () => undefined,
  );
  const request = { method: "GET", target: "/livez", headers: [["Accept", "*/*"]] as const };
  await eventually(
    async () => {
      if (gone !== undefined) return;
      const { status } = await exchange(address, request);
      if (status !== 200) throw new Error(`/livez answers ${status}`);
    },
    { withinMs: START_TIMEOUT_MS, everyMs: 10 },
  );
  if (gone !== undefined) throw new Error(`the member exited with ${gone.code ?? gone.signal}`);
}

function describe(command: RunningCommand, prefix: string): string {
  const lines = [...command.stdout, ...command.stderr];
  return lines.map((line) => `[${prefix}] ${line}`).join("\n");
}
