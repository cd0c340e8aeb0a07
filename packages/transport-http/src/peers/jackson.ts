import { NacreError, parseJavaDouble } from "@nacre/core";
import { parseJson } from "../flat-json.ts";

/**
 * How Jackson binds JSON to the fields of a Java object (`distro.md` 1.3): numbers and booleans may be
 * texts and texts may be numbers, `null` is 0 or false, and what cannot be bound fails.
 *
 * Each of these throws {@link NacreError} `UNREADABLE_PARAM` with the first words of Jackson; the place
 * in the text, which it adds, is left out.
 */

/** Reads JSON; what follows the first value is ignored. */
export function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw jsonParseError(error.message, "com.fasterxml.jackson.core.JsonParseException");
  }
}

/** What Spring says of a body that Jackson cannot bind. */
export function jsonParseError(
  message: string,
  exception = "com.fasterxml.jackson.databind.exc.MismatchedInputException",
): NacreError {
  return new NacreError(
    "UNREADABLE_PARAM",
    `JSON parse error: ${message}; nested exception is ${exception}: ${message}`,
    { cause: new Error(message) },
  );
}

/** A JSON object. */
export function boundObject(value: unknown, type: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw mismatch(type, value);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A JSON list. */
export function boundList(value: unknown, type: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw mismatch(type, value);
}

/** A text; `null` stays what it is. */
export function boundText(value: unknown): string | null {
  if (typeof value === "string" || value === null) return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw mismatch("java.lang.String", value);
}

/** A 32-bit integer; of a number with a fraction the whole part. */
export function boundInt(value: unknown): number {
  const number = wholeNumber(value, "int");
  if (number >= -2147483648 && number <= 2147483647) return number;
  throw jsonParseError(`Numeric value (${String(value)}) out of range of int`);
}

/** A 64-bit integer; beyond 2^53 it is not exact. */
export function boundLong(value: unknown): number {
  const number = wholeNumber(value, "long");
  if (Math.abs(number) < 2 ** 63) return number;
  throw jsonParseError(`Numeric value (${String(value)}) out of range of long`);
}

/** A double. */
export function boundDouble(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === null) return 0;
  if (typeof value !== "string") throw mismatch("double", value);
  const text = value.trim();
  if (isNothing(text)) return 0;
  const number = SPECIAL_DOUBLES.get(text) ?? parseJavaDouble(text);
  if (number !== undefined) return number;
  throw unreadable("double", text, "not a valid double value");
}

/** A boolean. */
export function boundBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === null) return false;
  if (typeof value === "number" && Number.isInteger(value)) return value !== 0;
  if (typeof value !== "string") throw mismatch("boolean", value);
  const text = value.trim();
  if (isNothing(text)) return false;
  const found = BOOLEANS.get(text);
  if (found !== undefined) return found;
  throw unreadable("boolean", text, 'only "true" or "false" recognized');
}

function wholeNumber(value: unknown, type: string): number {
  // `+ 0` makes 0 of -0.
  if (typeof value === "number") return Math.trunc(value) + 0;
  if (value === null) return 0;
  if (typeof value !== "string") throw mismatch(type, value);
  const text = value.trim();
  if (isNothing(text)) return 0;
  if (/^[+-]?\d+$/.test(text)) return Number(text) + 0;
  throw unreadable(type, text, `not a valid ${type} value`);
}

const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ["INF", Infinity],
  ["-INF", -Infinity],
]);

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
]);

function isNothing(text: string): boolean {
  return text === "" || text === "null";
}

function unreadable(type: string, text: string, reason: string): NacreError {
  return jsonParseError(
    `Cannot deserialize value of type \`${type}\` from String "${text}": ${reason}`,
    "com.fasterxml.jackson.databind.exc.InvalidFormatException",
  );
}

function mismatch(type: string, value: unknown): NacreError {
  return jsonParseError(
    `Cannot deserialize instance of \`${type}\` out of ${tokenOf(value)} token`,
  );
}

function tokenOf(value: unknown): string {
  if (value === null || value === undefined) return "VALUE_NULL";
  if (Array.isArray(value)) return "START_ARRAY";
  if (typeof value === "object") return "START_OBJECT";
  if (typeof value === "string") return "VALUE_STRING";
  if (typeof value === "boolean") return value ? "VALUE_TRUE" : "VALUE_FALSE";
  return Number.isInteger(value) ? "VALUE_NUMBER_INT" : "VALUE_NUMBER_FLOAT";
}
