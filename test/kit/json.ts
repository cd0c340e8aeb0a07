/**
 * JSON that keeps what `JSON.parse` loses: the order of keys that look like numbers, repeated
 * keys, and the digits of numbers beyond 2^53.
 */
export type JsonNode =
  | { readonly kind: "object"; readonly entries: readonly JsonEntry[] }
  | { readonly kind: "array"; readonly items: readonly JsonNode[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "literal"; readonly value: boolean | null };

/** A key of a JSON object and what stands under it. */
export type JsonEntry = readonly [key: string, value: JsonNode];

/**
 * Reads a JSON text.
 *
 * @throws SyntaxError when it is not JSON
 */
export function parseJson(text: string): JsonNode {
  const reader = new Reader(text);
  const node = readValue(reader);
  reader.end();
  return node;
}

/** What `JSON.parse` would have returned. */
export function plainOf(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.entries.map(([key, value]) => [key, plainOf(value)]));
    case "array":
      return node.items.map(plainOf);
    case "number":
      return Number(node.text);
    case "string":
    case "literal":
      return node.value;
  }
}

/** Writes a node without blanks, numbers as they were read. */
export function formatJson(node: JsonNode): string {
  switch (node.kind) {
    case "object": {
      const entries = node.entries.map(
        ([key, value]) => `${JSON.stringify(key)}:${formatJson(value)}`,
      );
      return `{${entries.join(",")}}`;
    }
    case "array":
      return `[${node.items.map(formatJson).join(",")}]`;
    case "number":
      return node.text;
    case "string":
    case "literal":
      return JSON.stringify(node.value);
  }
}

/** The value under a key of an object; of a repeated key, the last one. */
export function childOf(node: JsonNode | undefined, key: string): JsonNode | undefined {
  if (node?.kind !== "object") return undefined;
  return node.entries.findLast(([name]) => name === key)?.[1];
}

/** The value at `a.b.0.c`, keys and positions separated by dots. */
export function valueAt(node: JsonNode, path: string): JsonNode | undefined {
  return path
    .split(".")
    .reduce<JsonNode | undefined>(
      (at, key) => (at?.kind === "array" ? at.items[Number(key)] : childOf(at, key)),
      node,
    );
}

/** Whether two numerals mean the same number, whatever their size: `1`, `1.0` and `10e-1`. */
export function sameNumber(a: string, b: string): boolean {
  return normalNumber(a) === normalNumber(b);
}

function normalNumber(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const shift = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${shift}`;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): string | undefined {
    this.#skip();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  accept(token: string): boolean {
    this.#skip();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) throw this.error(`"${token}"`);
  }

  end(): void {
    this.#skip();
    if (this.#at < this.#text.length) throw this.error("the end");
  }

  error(wanted: string): SyntaxError {
    const near = this.#text.slice(this.#at, this.#at + 20);
    return new SyntaxError(`JSON: ${wanted} expected at ${this.#at}, found ${near || "the end"}`);
  }

  #skip(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }
}

function readValue(reader: Reader): JsonNode {
  if (reader.accept("{")) return readObject(reader);
  if (reader.accept("[")) return readArray(reader);
  if (reader.accept("true")) return { kind: "literal", value: true };
  if (reader.accept("false")) return { kind: "literal", value: false };
  if (reader.accept("null")) return { kind: "literal", value: null };
  const text = reader.take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (text !== undefined) return { kind: "number", text };
  return { kind: "string", value: readString(reader) };
}

function readString(reader: Reader): string {
  // oxlint-disable-next-line no-control-regex -- JSON forbids raw control characters
  const text = reader.take(/"(?:[^"\\\u0000-\u001f]|\\.)*"/y);
  if (text === undefined) throw reader.error("a value");
  return JSON.parse(text) as string;
}

function readObject(reader: Reader): JsonNode {
  const entries: JsonEntry[] = [];
  if (reader.accept("}")) return { kind: "object", entries };
  do {
    const key = readString(reader);
    reader.expect(":");
    entries.push([key, readValue(reader)]);
  } while (reader.accept(","));
  reader.expect("}");
  return { kind: "object", entries };
}

function readArray(reader: Reader): JsonNode {
  const items: JsonNode[] = [];
  if (reader.accept("]")) return { kind: "array", items };
  do items.push(readValue(reader));
  while (reader.accept(","));
  reader.expect("]");
  return { kind: "array", items };
}
