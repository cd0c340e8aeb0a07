import type { LogMethod, Logger, Millis } from "@nacre/core";
import type { SimClock } from "./sim-clock.ts";

interface Entry {
  readonly atMs: Millis;
  readonly who: string;
  readonly what: string;
  readonly about: unknown;
}

/** Who gets each line of a {@link SimLog} at once, and how many it keeps. */
export interface SimLogOptions {
  readonly print?: ((line: string) => void) | undefined;

  /** @defaultValue 30 */
  readonly entriesMax?: number;
}

/**
 * What happened in a simulation, the last of it. Lines are put into words only when somebody reads
 * them, since nearly nobody does.
 */
export class SimLog {
  readonly #clock: SimClock;
  readonly #print: ((line: string) => void) | undefined;
  readonly #entriesMax: number;
  #entries: Entry[] = [];

  constructor(clock: SimClock, { print, entriesMax = 30 }: SimLogOptions = {}) {
    this.#clock = clock;
    this.#print = print;
    this.#entriesMax = entriesMax;
  }

  /** Whether somebody reads along. */
  get isPrinted(): boolean {
    return this.#print !== undefined;
  }

  add(who: string, what: string, about?: unknown): void {
    const entry = { atMs: this.#clock.nowMs, who, what, about };
    this.#print?.(lineOf(entry));
    this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#entriesMax) {
      this.#entries = this.#entries.slice(-this.#entriesMax);
    }
  }

  /** The last lines, oldest first. */
  lines(): readonly string[] {
    return this.#entries.slice(-this.#entriesMax).map(lineOf);
  }

  /** A logger whose lines from info on end here, as said by `who`. */
  logger(who: string): Logger {
    return new SimLogger(this, who);
  }
}

/** The port of a member to a {@link SimLog}. */
class SimLogger implements Logger {
  readonly #log: SimLog;
  readonly #who: string;

  constructor(log: SimLog, who: string) {
    this.#log = log;
    this.#who = who;
  }

  readonly debug: LogMethod = () => undefined;
  readonly info: LogMethod = this.#method("");
  readonly warn: LogMethod = this.#method("warn: ");
  readonly error: LogMethod = this.#method("error: ");

  child(): Logger {
    return this;
  }

  #method(level: string): LogMethod {
    return (first: Readonly<Record<string, unknown>> | string, message?: string) => {
      if (typeof first === "string") this.#log.add(this.#who, `${level}${first}`);
      else this.#log.add(this.#who, `${level}${message ?? ""}`, first);
    };
  }
}

function lineOf({ atMs, who, what, about }: Entry): string {
  const detail = about === undefined ? "" : ` ${textOf(about)}`;
  return `${(atMs / 1_000).toFixed(3).padStart(8)} ${who.padEnd(14)} ${what}${detail}`;
}

const TEXT_LENGTH_MAX = 2_000;

function textOf(about: unknown): string {
  const text = typeof about === "string" ? about : JSON.stringify(about, plain);
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}
