import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import type { Logger } from "@nacre/core";
import pino, { type DestinationStream } from "pino";
import type { Config } from "./settings/config.ts";

/**
 * The log of a member: JSON lines on standard output, or readable lines on a terminal.
 *
 * @param output takes the lines instead of standard output
 */
export function memberLogger(
  { logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">,
  output?: Writable,
): Logger {
  const isPretty = logFormat === "pretty" || (logFormat === "auto" && process.stdout.isTTY);
  const options = { level: logLevel, base: null };
  if (isPretty) return pino(options, prettyStream(output));
  return output === undefined ? pino(options) : pino(options, output);
}

// Loaded only where somebody reads along: a service that logs JSON starts without it.
function prettyStream(output: Writable | undefined): DestinationStream {
  const pretty = createRequire(import.meta.url)("pino-pretty") as (
    options: Readonly<Record<string, unknown>>,
  ) => DestinationStream;
  const destination = output === undefined ? {} : { destination: output };
  return pretty({
    sync: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname",
    ...destination,
  });
}
