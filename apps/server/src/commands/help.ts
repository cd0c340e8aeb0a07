import {
  configHelp,
  diffHelp,
  generalHelp,
  leaveHelp,
  membersHelp,
  startHelp,
  whyHelp,
} from "../help.ts";
import { type ExitCode, exitCodes, type Shell } from "../shell.ts";

/** `nacre help`: explains a command, or names all. */
export function printHelp(args: readonly string[], shell: Shell): ExitCode {
  shell.print(textOf(args[0]));
  return exitCodes.ok;
}

function textOf(command: string | undefined): string {
  switch (command) {
    case "start":
      return startHelp();
    case "config":
      return configHelp;
    case "why":
      return whyHelp;
    case "members":
      return membersHelp;
    case "diff":
      return diffHelp;
    case "leave":
      return leaveHelp;
    default:
      return generalHelp;
  }
}
