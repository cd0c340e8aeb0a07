// oxlint-disable-next-line no-control-regex -- JSON forbids just these
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// `nullable=x` is no JSON, it is metadata in its other form.
const LITERAL = /(?:true|false|null)(?![\p{ID_Continue}$])/uy;
const BLANKS = /[ \t\r\n]*/y;

/**
 * Reads a JSON object whose values are all texts, which is what nearly every client sends.
 *
 * @returns `undefined` for anything else, well-formed or not
 */
export function readTexts(text: string): Readonly<Record<string, string>> | undefined {
  if (!text.startsWith("{")) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isTexts(json as Readonly<Record<string, unknown>>)
    ? (json as Record<string, string>)
    : undefined;
}

/** Whether all members of an object are texts. */
export function isTexts(
  object: Readonly<Record<string, unknown>>,
): object is Readonly<Record<string, string>> {
  for (const key in object) {
    if (typeof object[key] !== "string") return false;
  }
  return true;
}

/**
 * Reads a JSON object whose values are texts, numbers, booleans or null, as Jackson reads a map of
 * texts: numbers keep their literal text, the last of equal keys wins, whatever follows the object
 * is ignored.
 *
 * @returns the values as text; `null` for the literal `null`; `undefined` for anything else
 */
export function readFlatObject(
  text: string,
): ReadonlyMap<string, string | null> | null | undefined {
  const reader = new Reader(text);
  reader.skip(BLANKS);
  if (reader.take("{")) return readMembers(reader);
  return reader.match(LITERAL) === "null" ? null : undefined;
}

function readMembers(reader: Reader): ReadonlyMap<string, string | null> | undefined {
  const members = new Map<string, string | null>();
  reader.skip(BLANKS);
  if (reader.take("}")) return members;
  for (;;) {
    const member = readMember(reader);
    // Each turn consumes text, so the text's end is this loop's end.
    if (member === undefined) return undefined;
    members.set(member[0], member[1]);
    if (reader.take("}")) return members;
    if (!reader.take(",")) return undefined;
  }
}

function readMember(reader: Reader): readonly [key: string, value: string | null] | undefined {
  reader.skip(BLANKS);
  const key = reader.match(STRING);
  reader.skip(BLANKS);
  if (key === undefined || !reader.take(":")) return undefined;
  reader.skip(BLANKS);
  const value = readScalar(reader);
  reader.skip(BLANKS);
  return value === undefined ? undefined : [JSON.parse(key) as string, value];
}

function readScalar(reader: Reader): string | null | undefined {
  const text = reader.match(STRING);
  if (text !== undefined) return JSON.parse(text) as string;
  const literal = reader.match(LITERAL);
  if (literal !== undefined) return literal === "null" ? null : literal;
  return reader.match(NUMBER);
}

/**
 * Reads JSON as Jackson does: whatever follows an object or a list is ignored.
 *
 * @throws SyntaxError when the text does not begin with JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const end = endOfFirst(text);
    if (end === text.length) throw error;
    return JSON.parse(text.slice(0, end));
  }
}

// Strings are matched too, so that no digit within them is taken for a number.
const NUMBER_OR_STRING = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * The same with each number as the text that stands there: `1.50` becomes `"1.50"`.
 *
 * @param text must be well-formed, up to what is ignored
 */
export function parseJsonOfTexts(text: string): unknown {
  const quoted = text
    .slice(0, endOfFirst(text))
    .replace(NUMBER_OR_STRING, (found) => (found.startsWith('"') ? found : `"${found}"`));
  return JSON.parse(quoted);
}

// Where the first object or list ends. A pattern would look at some texts once for each quote.
function endOfFirst(text: string): number {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === "\\") at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth <= 0) return at + 1;
  }
  return text.length;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  skip(pattern: RegExp): void {
    this.match(pattern);
  }
}
