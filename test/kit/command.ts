import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nowMs, within } from "./wait.ts";

const program = fileURLToPath(new URL("../../apps/server/bin/nacre.js", import.meta.url));
const built = fileURLToPath(new URL("../../apps/server/dist/", import.meta.url));
const EXIT_TIMEOUT_MS = 10_000;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a command left behind. */
export interface CommandResult extends Exit {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly tookMs: number;
}

/** A `nacre` command that runs, its output kept line by line. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Settles once the process is gone and its output is read. */
  readonly exited: Promise<Exit>;
}

/** Starts `nacre` with `args` in `folder`. Variables that are settings are not handed on. */
export function spawnNacre(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): RunningCommand {
  if (!existsSync(built)) throw new Error("the server is not built: run `npm run build` first");
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A test runner that goes away must not leave processes behind.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const stdout = linesOf(child, "stdout");
  const stderr = linesOf(child, "stderr");
  const exited = once(child, "close").then(([code, signal]): Exit => ({ code, signal }));
  exited.catch(() => undefined);
  return { child, stdout, stderr, exited };
}

/** Runs `nacre` with `args` to its end, in an empty folder of its own. */
export async function runNacre(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const folder = await makeFolder();
  const startedMs = nowMs();
  const command = spawnNacre(args, folder, environment);
  try {
    const exit = await within(command.exited, EXIT_TIMEOUT_MS, `nacre ${args.join(" ")}`);
    const { stdout, stderr } = command;
    return { ...exit, stdout, stderr, tookMs: nowMs() - startedMs };
  } finally {
    command.child.kill("SIGKILL");
    await removeFolder(folder);
  }
}

/** Makes an empty folder for one process. */
export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "nacre-test-"));
}

/** Removes a folder and what is in it. */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !/^(?:NACOS_|NACRE_|MODE$)/.test(name)));
}

function linesOf(child: ChildProcess, name: "stdout" | "stderr"): readonly string[] {
  const lines: string[] = [];
  const stream = child[name];
  if (stream === null) throw new Error(`${name} is not read`);
  createInterface({ input: stream }).on("line", (line) => lines.push(line));
  return lines;
}
