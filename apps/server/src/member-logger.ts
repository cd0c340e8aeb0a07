import { createRequire } from "node:module";
import type { Logger } from "@nacre/core";
import pino, { type DestinationStream } from "pino";
import type { Config } from "./config.ts";

/** The log of a member: JSON lines on standard output, or readable lines on a terminal. */
export function memberLogger({
  logLevel,
  logFormat,
}: Pick<Config, "logLevel" | "logFormat">): Logger {
  const isPretty = logFormat === "pretty" || (logFormat === "auto" && process.stdout.isTTY);
  const options = { level: logLevel, base: null };
  return isPretty ? pino(options, prettyStream()) : pino(options);
}

// Loaded only where somebody reads along: a service that logs JSON starts without it.
function prettyStream(): DestinationStream {
  const pretty = createRequire(import.meta.url)("pino-pretty") as (
    options: Readonly<Record<string, unknown>>,
  ) => DestinationStream;
  return pretty({ sync: true, translateTime: "SYS:HH:MM:ss.l", ignore: "pid,hostname" });
}
