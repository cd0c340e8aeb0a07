import { createRequire } from "node:module";
import { NacreError } from "@nacre/core";
import type * as Re2 from "re2js";

const PATTERN_LENGTH_MAX = 300;
// A short pattern may mean a long one: `(a?){1000}`.
const PROGRAM_SIZE_MAX = 1_000;

/**
 * The pattern by which consoles look for services: each part is a regular expression that may stand
 * anywhere in its half of the name (`http-api.md` 2.3.1).
 *
 * The expressions are a stranger's, so they are run by an engine whose time grows with the length of
 * the name alone; it knows no look-around and no back references.
 *
 * @throws {@link NacreError} `INVALID_PARAM` when an expression cannot be read or is too long.
 */
export function serviceNamePattern(
  groupPart: string,
  namePart: string,
): (groupedName: string) => boolean {
  const parts = `${groupPart}@@${namePart}`.split("@@");
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return matcherOf(parts.map((part) => (part === "" ? ".*" : `.*${part}.*`)).join("@@"));
}

/**
 * The same for one expression that may stand anywhere in the whole name.
 *
 * @throws {@link NacreError} as {@link serviceNamePattern}.
 */
export function groupedNamePattern(part: string): (groupedName: string) => boolean {
  return matcherOf(`.*${part}.*`);
}

function matcherOf(pattern: string): (groupedName: string) => boolean {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    throw new NacreError("INVALID_PARAM", `a pattern is longer than ${PATTERN_LENGTH_MAX}`);
  }
  const expression = compile(pattern);
  // Nacos matches the text that a service prints as, and so `]` matches every name.
  return (groupedName) => expression.matches(`${groupedName}:[]`);
}

const load = createRequire(import.meta.url);

// The engine is loaded when somebody searches, not when a member starts.
function compile(pattern: string): { matches(text: string): boolean } {
  const { RE2JS, RE2JSException } = load("re2js") as typeof Re2;
  try {
    const expression = RE2JS.compile(pattern);
    if (expression.programSize() <= PROGRAM_SIZE_MAX) return expression;
    throw new NacreError("INVALID_PARAM", "a pattern repeats too much");
  } catch (error) {
    if (error instanceof RE2JSException) throw new NacreError("INVALID_PARAM", error.message);
    throw error;
  }
}
