import { javaHashOrder } from "@nacre/core";

/** What becomes of a parameter whose percent escapes make no sense. */
export type OnMalformed =
  /** It is dropped, as Tomcat does. */
  | "drop"
  /** It is taken as it stands; Go clients send `PUT` forms unescaped (`clients.md` 1.7). */
  | "keep";

/**
 * The parameters of a request: those of the query, then those of a form body, as Nacos merges them
 * (`http-api.md` 1.3). Names are case sensitive, and any name is harmless.
 */
export class Params {
  readonly #values = new Map<string, string | string[]>();
  readonly #paramsMax: number;
  #count = 0;

  /** Takes at most `paramsMax` parameters; what comes after is ignored, as Tomcat does. */
  constructor(paramsMax: number) {
    this.#paramsMax = paramsMax;
  }

  /** How many there are, equal names counted each. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds what a query or a form body says.
   *
   * @param text one character per byte, as the bytes came; not decoded
   */
  parse(text: string, onMalformed: OnMalformed): void {
    let start = 0;
    while (start < text.length && this.#count < this.#paramsMax) {
      let end = text.indexOf("&", start);
      if (end < 0) end = text.length;
      if (end > start) this.#parsePart(text, start, end, onMalformed);
      start = end + 1;
    }
  }

  /** Adds one parameter, decoded. */
  add(name: string, value: string): void {
    if (this.#count >= this.#paramsMax) return;
    this.#count++;
    const before = this.#values.get(name);
    if (before === undefined) this.#values.set(name, value);
    else if (typeof before === "string") this.#values.set(name, [before, value]);
    else before.push(value);
  }

  /** All of them as they came, those with the same name together. */
  *entries(): Generator<[name: string, value: string]> {
    for (const [name, value] of this.#values) {
      if (typeof value === "string") yield [name, value];
      else for (const one of value) yield [name, one];
    }
  }

  /** The value given first: query before body. */
  given(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "object" ? value[0] : value;
  }

  /**
   * The one value that Nacos reads: of several that differ, the first in the order of a Java hash
   * set, whatever the order they came in.
   */
  first(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "object" ? hashOrdered(value)[0] : value;
  }

  /** All values that differ, joined by commas in the order of a Java hash set. */
  joined(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "object" ? hashOrdered(value).join(",") : value;
  }

  #parsePart(text: string, start: number, end: number, onMalformed: OnMalformed): void {
    let equals = text.indexOf("=", start);
    if (equals < 0 || equals > end) equals = end;
    if (equals === start) return;
    const name = decode(text.slice(start, equals), onMalformed);
    const value = equals < end ? decode(text.slice(equals + 1, end), onMalformed) : "";
    if (name !== undefined && value !== undefined) this.add(name, value);
  }
}

function hashOrdered(values: readonly string[]): readonly string[] {
  return javaHashOrder([...new Set(values)], (value) => value);
}

const SPECIAL = /[%+\u0080-\u00ff]/;
const HIGH = /[\u0080-\u00ff]/;
const ESCAPE = /%([0-9a-fA-F]{2})/g;
const MALFORMED_ESCAPE = /%(?![0-9a-fA-F]{2})/;

// Most names and values have nothing to decode; that must cost nothing. The next most are proper.
function decode(text: string, onMalformed: OnMalformed): string | undefined {
  if (!SPECIAL.test(text)) return text;
  const blanked = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!HIGH.test(blanked)) {
    try {
      return decodeURIComponent(blanked);
    } catch (error) {
      // Improper escapes, or escapes of broken UTF-8: read byte by byte below.
      if (!(error instanceof URIError)) throw error;
    }
  }
  if (onMalformed === "drop" && MALFORMED_ESCAPE.test(blanked)) return undefined;
  const bytes = blanked.replace(ESCAPE, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // Broken UTF-8 becomes U+FFFD, as in Java.
  return Buffer.from(bytes, "latin1").toString("utf8");
}
