import { parseArgs } from "node:util";
import { nearest } from "./nearest.ts";
import { UsageError } from "./shell.ts";

/** What a command takes: flags by name without dashes. */
export interface Flags {
  readonly [name: string]: { readonly type: "boolean" | "string" };
}

/** What a command line says. */
export interface Arguments {
  /** The last value of each flag; `true` or `false` for one that takes none. */
  readonly flags: Readonly<Record<string, string>>;
  readonly positionals: readonly string[];
}

/**
 * Reads the arguments of a command. A flag that is true or false may stand alone, or take a value
 * after `=`, or be turned off as `--no-flag`.
 *
 * @throws {@link UsageError} when a flag is unknown, lacks a value, or a word is left over.
 */
export function parseArguments(
  args: readonly string[],
  known: Flags,
  positionalsMax: number,
): Arguments {
  const flags: Record<string, string> = {};
  const positionals: string[] = [];
  // Not strict: the messages here name the flag that was meant.
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...known },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") {
      positionals.push(token.value);
    } else if (token.kind === "option") {
      const { name, value } = readFlag(token.name, token.rawName, token.value, known);
      flags[name] = value;
    }
  }
  const surplus = positionals[positionalsMax];
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is one argument too many`);
  return { flags, positionals };
}

function readFlag(name: string, raw: string, value: string | undefined, known: Flags) {
  const negated = name.startsWith("no-") ? name.slice(3) : "";
  if (known[name] === undefined && known[negated]?.type === "boolean" && value === undefined) {
    return { name: negated, value: "false" };
  }
  const flag = Object.hasOwn(known, name) ? known[name] : undefined;
  if (flag === undefined || !raw.startsWith("--")) {
    const suggestion = nearest(name, Object.keys(known));
    const hint = suggestion === undefined ? "" : `; did you mean --${suggestion}?`;
    throw new UsageError(`there is no flag ${raw}${hint}`);
  }
  if (flag.type === "boolean") return { name, value: value ?? "true" };
  // `--host --port 80`: the value was forgotten.
  if (value === undefined || value.startsWith("--")) {
    throw new UsageError(`${raw} needs a value, as in ${raw}=VALUE`);
  }
  return { name, value };
}
