import { randomInt } from "node:crypto";
import type { JsonNode } from "./json.ts";

const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
const PLACEHOLDER = /\{\{([a-z]\w*(?:\.\w+)?)\}\}/g;

// What a placeholder stands for in an answer: its text, and its kind when it is a whole JSON value.
const kinds: Readonly<Record<string, { readonly text: string; readonly kind?: JsonNode["kind"] }>> =
  {
    ms: { text: "\\d{13}", kind: "number" },
    int: { text: "-?\\d+(?:\\.0+)?", kind: "number" },
    float: { text: "-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?", kind: "number" },
    md5: { text: "[0-9a-f]{32}", kind: "string" },
    ts: { text: "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}[+-]\\d{4}", kind: "string" },
    self: { text: "[\\w.:[\\]-]+:\\d+", kind: "string" },
    jwt: { text: "[\\w-]+\\.[\\w-]+\\.[\\w-]+", kind: "string" },
    uuid: { text: "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", kind: "string" },
    any: { text: "[^]*?" },
  };

/** Where in an answer an expected text stands. */
export type Anchor = "whole" | "prefix" | "anywhere";

/** A token that keeps the names of one run apart from those of others. */
export function runToken(): string {
  return `r${Array.from({ length: 5 }, () => DIGITS[randomInt(DIGITS.length)]).join("")}`;
}

/** The values that `{{run}}` and `{{var.name}}` have in one case of one run. */
export class Bindings {
  readonly #run: string;
  readonly #variables = new Map<string, string>();

  constructor(run: string) {
    this.#run = run;
  }

  /** Keeps a value as `{{var.name}}`. */
  capture(name: string, value: string): void {
    this.#variables.set(name, value);
  }

  /** Puts the values in; other placeholders and lone braces stay as they are. */
  fill(text: string): string {
    return text.replaceAll(PLACEHOLDER, (whole, name: string) => this.#valueOf(name) ?? whole);
  }

  /** Whether `actual` is what `expected` describes, at the place that `anchor` names. */
  textMatches(expected: string, actual: string, anchor: Anchor): boolean {
    const start = anchor === "anywhere" ? "" : "^";
    const end = anchor === "whole" ? "$" : "";
    return new RegExp(`${start}${patternOf(this.fill(expected))}${end}`).test(actual);
  }

  /**
   * Whether `actual` is what a lone placeholder stands for.
   *
   * @returns `undefined` when `expected` is not a lone placeholder
   */
  valueMatches(expected: string, actual: JsonNode): boolean | undefined {
    const name = /^\{\{(\w+)\}\}$/.exec(expected)?.[1];
    const wanted = name === undefined ? undefined : kinds[name];
    if (wanted === undefined) return undefined;
    if (wanted.kind === undefined) return true;
    if (wanted.kind !== actual.kind) return false;
    const text = actual.kind === "number" ? actual.text : actual.kind === "string" && actual.value;
    return new RegExp(`^(?:${wanted.text})$`).test(String(text));
  }

  #valueOf(name: string): string | undefined {
    if (name === "run") return this.#run;
    if (!name.startsWith("var.")) return undefined;
    const value = this.#variables.get(name.slice("var.".length));
    if (value === undefined) throw new Error(`nothing was captured for {{${name}}}`);
    return value;
  }
}

function patternOf(text: string): string {
  let pattern = "";
  let at = 0;
  for (const { 0: whole, 1: name = "", index } of text.matchAll(PLACEHOLDER)) {
    const wanted = kinds[name];
    if (wanted === undefined) throw new Error(`unknown placeholder ${whole}`);
    pattern += `${literal(text.slice(at, index))}(?:${wanted.text})`;
    at = index + whole.length;
  }
  return pattern + literal(text.slice(at));
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
