import { formatJson, type JsonEntry, type JsonNode, parseJson, sameNumber } from "./json.ts";
import type { Bindings } from "./placeholders.ts";
import type { ExpectedResponse } from "./recordings.ts";
import { headerOf, type RawResponse } from "./response-parser.ts";

/** Compares an answer with what is expected. Returns one line per difference, none when it fits. */
export function differences(
  expected: ExpectedResponse,
  actual: RawResponse,
  bindings: Bindings,
): string[] {
  return [
    ...statusDifferences(expected, actual),
    ...headerDifferences(expected, actual, bindings),
    ...bodyDifferences(expected, actual, bindings),
  ];
}

function statusDifferences({ status }: ExpectedResponse, actual: RawResponse): string[] {
  if (status === undefined || status === actual.status) return [];
  return [`status: expected ${status}, got ${actual.status}`];
}

function headerDifferences(
  { contentType, headers }: ExpectedResponse,
  actual: RawResponse,
  bindings: Bindings,
): string[] {
  const wanted = Object.entries(headers ?? {});
  if (contentType !== undefined) wanted.unshift(["content-type", contentType]);
  return wanted.flatMap(([name, value]) => {
    const sent = headerOf(actual, name);
    const fits =
      value === null
        ? sent === undefined
        : sent !== undefined && bindings.textMatches(value, sent, "whole");
    return fits ? [] : [`${name}: expected ${value ?? "no header"}, got ${sent ?? "no header"}`];
  });
}

function bodyDifferences(
  { body, match }: ExpectedResponse,
  actual: RawResponse,
  bindings: Bindings,
): string[] {
  if (match === "any" || body === undefined) return [];
  if (match === "json" || match === "json-unordered") {
    return jsonDifferences(body, actual.body, bindings, match === "json");
  }
  const anchor = match === "exact" ? "whole" : match === "prefix" ? "prefix" : "anywhere";
  return textsOf(body)
    .filter((text) => !bindings.textMatches(text, actual.body, anchor))
    .map((text) => `body (${match}): expected ${bindings.fill(text)}\n      got ${actual.body}`);
}

// A list of texts: each of them must be there.
function textsOf(body: JsonNode): readonly string[] {
  if (body.kind === "string") return [body.value];
  if (body.kind === "array") return body.items.flatMap(textsOf);
  return [formatJson(body)];
}

function jsonDifferences(
  expected: JsonNode,
  actualText: string,
  bindings: Bindings,
  ordered: boolean,
): string[] {
  let actual: JsonNode;
  try {
    actual = parseJson(actualText);
  } catch (error) {
    return [`body: ${String(error)}\n      got ${actualText}`];
  }
  if (new JsonMatcher(bindings, ordered).matches(expected, actual)) return [];
  const kind = ordered ? "json" : "json-unordered";
  return [
    `body (${kind}): expected ${bindings.fill(formatJson(expected))}\n      got ${actualText}`,
  ];
}

/** Compares JSON values: in order, or with keys in any order and arrays as multisets. */
class JsonMatcher {
  readonly #bindings: Bindings;
  readonly #ordered: boolean;

  constructor(bindings: Bindings, ordered: boolean) {
    this.#bindings = bindings;
    this.#ordered = ordered;
  }

  /** Whether `actual` is what `expected` describes. */
  matches(expected: JsonNode, actual: JsonNode): boolean {
    if (expected.kind === "string") return this.#stringMatches(expected.value, actual);
    if (expected.kind === "object") {
      return actual.kind === "object" && this.#entriesMatch(expected.entries, actual.entries);
    }
    if (expected.kind === "array") {
      return actual.kind === "array" && this.#itemsMatch(expected.items, actual.items);
    }
    if (expected.kind === "number") {
      return actual.kind === "number" && sameNumber(expected.text, actual.text);
    }
    return actual.kind === "literal" && expected.value === actual.value;
  }

  #stringMatches(expected: string, actual: JsonNode): boolean {
    const placeholder = this.#bindings.valueMatches(expected, actual);
    if (placeholder !== undefined) return placeholder;
    return actual.kind === "string" && this.#bindings.textMatches(expected, actual.value, "whole");
  }

  #entriesMatch(expected: readonly JsonEntry[], actual: readonly JsonEntry[]): boolean {
    const fits = ([key, value]: JsonEntry, [otherKey, otherValue]: JsonEntry): boolean =>
      this.#bindings.textMatches(key, otherKey, "whole") && this.matches(value, otherValue);
    return this.#ordered ? pairwise(expected, actual, fits) : asMultisets(expected, actual, fits);
  }

  #itemsMatch(expected: readonly JsonNode[], actual: readonly JsonNode[]): boolean {
    const fits = (one: JsonNode, other: JsonNode): boolean => this.matches(one, other);
    return this.#ordered ? pairwise(expected, actual, fits) : asMultisets(expected, actual, fits);
  }
}

function pairwise<T>(
  expected: readonly T[],
  actual: readonly T[],
  fits: (expected: T, actual: T) => boolean,
): boolean {
  return (
    expected.length === actual.length &&
    expected.every((value, index) => fits(value, actual[index] as T))
  );
}

/**
 * Whether each expected value can be paired with an actual one of its own.
 *
 * Placeholders fit many values, so a first choice may have to give way: augmenting paths.
 */
function asMultisets<T>(
  expected: readonly T[],
  actual: readonly T[],
  fits: (expected: T, actual: T) => boolean,
): boolean {
  if (expected.length !== actual.length) return false;
  const takenBy = new Map<number, number>();
  const place = (index: number, tried: Set<number>): boolean =>
    actual.some((value, slot) => {
      if (tried.has(slot) || !fits(expected[index] as T, value)) return false;
      tried.add(slot);
      const holder = takenBy.get(slot);
      if (holder !== undefined && !place(holder, tried)) return false;
      takenBy.set(slot, index);
      return true;
    });
  return expected.every((_, index) => place(index, new Set()));
}
