import { NacreError } from "@nacre/core";
import { nearest } from "./nearest.ts";
import { type ExitCode, exitCodes, type Shell, UsageError } from "./shell.ts";
import { packageVersion } from "./version.ts";

/**
 * Runs the command that the command line names.
 *
 * An expected failure becomes one line on standard error; any other error is thrown.
 *
 * @returns the exit code of the process.
 */
export async function runCli(args: readonly string[], shell: Shell): Promise<ExitCode> {
  try {
    return await runCommand(args, shell);
  } catch (error) {
    if (error instanceof UsageError) {
      shell.complain(`nacre: ${error.message} (see nacre help)`);
      return exitCodes.usage;
    }
    if (error instanceof NacreError) {
      shell.complain(`nacre: ${error.message}`);
      return exitCodes.failed;
    }
    throw error;
  }
}

type Command = (args: readonly string[], shell: Shell) => ExitCode | Promise<ExitCode>;

// Loaded when asked for: a member that starts needs no code to print history.
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["start", async (args, shell) => (await import("./commands/start.ts")).start(args, shell)],
  [
    "config",
    async (args, shell) => (await import("./commands/config.ts")).printConfig(args, shell),
  ],
  ["why", async (args, shell) => (await import("./commands/why.ts")).why(args, shell)],
  ["members", async (args, shell) => (await import("./commands/members.ts")).members(args, shell)],
  ["diff", async (args, shell) => (await import("./commands/diff.ts")).diff(args, shell)],
  ["leave", async (args, shell) => (await import("./commands/leave.ts")).leave(args, shell)],
  ["help", printHelp],
  ["version", printVersion],
]);

function runCommand(args: readonly string[], shell: Shell): ExitCode | Promise<ExitCode> {
  const [first = "help", ...rest] = args;
  if (first === "--version") return printVersion(rest, shell);
  if (isHelpFlag(first)) return printHelp(rest, shell);
  if (first.startsWith("-")) {
    throw new UsageError(`a command comes first, as in nacre start ${first}`);
  }
  const command = commands.get(first);
  if (command === undefined) {
    const suggestion = nearest(first, [...commands.keys()]);
    const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
    throw new UsageError(`there is no command "${first}"${hint}`);
  }
  return rest.some(isHelpFlag) ? printHelp([first], shell) : command(rest, shell);
}

async function printHelp(args: readonly string[], shell: Shell): Promise<ExitCode> {
  return (await import("./commands/help.ts")).printHelp(args, shell);
}

function isHelpFlag(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

function printVersion(_args: readonly string[], shell: Shell): ExitCode {
  shell.print(packageVersion());
  return exitCodes.ok;
}
