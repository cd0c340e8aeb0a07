/** What a client's `Accept` header comes down to. */
export interface Acceptance {
  /** The type of plain texts, e.g. `text/plain;charset=UTF-8`. `undefined`: the header is no media type. */
  readonly text: string | undefined;

  /** The type of JSON answers; `undefined` when the client takes no JSON. */
  readonly json: string | undefined;

  /** Whether error pages are wanted as HTML. */
  readonly html: boolean;
}

const CHARSET = ";charset=UTF-8";
const TEXT = `text/plain${CHARSET}`;
const JSON_TEXT = `application/json${CHARSET}`;
const anything: Acceptance = { text: TEXT, json: JSON_TEXT, html: false };

const KNOWN_MAX = 256;
const known = new Map<string, Acceptance>();

/** Reads an `Accept` header the way Spring does (`http-api.md` 1.6). */
export function acceptanceOf(header: string | undefined): Acceptance {
  if (header === undefined || header === "*/*" || header === "") return anything;
  const before = known.get(header);
  if (before !== undefined) return before;
  const acceptance = negotiate(header);
  if (known.size >= KNOWN_MAX) known.clear();
  if (header.length <= 512) known.set(header, acceptance);
  return acceptance;
}

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

function negotiate(header: string): Acceptance {
  const ranges = header.split(",").filter(isPresent).map(parseRange);
  const readable = ranges.filter((range) => range !== undefined);
  if (readable.length < ranges.length) return { text: undefined, json: undefined, html: false };
  readable.sort((a, b) => wildness(a) - wildness(b) || b.quality - a.quality);
  return {
    text: readable.map(textType).find((type) => type !== undefined) ?? TEXT,
    json: readable.map(jsonType).find((type) => type !== undefined),
    html: readable.some(({ type, subtype }) => type === "text" && subtype === "html"),
  };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/;

function isPresent(text: string): boolean {
  return text.trim() !== "";
}

function parseRange(text: string): Range | undefined {
  const [full = "", ...params] = text
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  // Java's own HTTP client sends `*` and means everything.
  const [type = "", subtype = "", ...more] = full === "*" ? ["*", "*"] : full.split("/");
  if (more.length > 0 || !TOKEN.test(type) || !TOKEN.test(subtype)) return undefined;
  if (type === "*" && subtype !== "*") return undefined;
  const quality = params.find((param) => param.startsWith("q="))?.slice(2);
  return { type, subtype, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

function wildness({ type, subtype }: Range): number {
  return type === "*" ? 2 : subtype === "*" ? 1 : 0;
}

function textType({ type, subtype }: Range): string | undefined {
  if (type === "*" || (type === "text" && subtype === "*")) return TEXT;
  if (subtype !== "*") return `${type}/${subtype}${CHARSET}`;
  return type === "application" ? JSON_TEXT : undefined;
}

function jsonType({ type, subtype }: Range): string | undefined {
  if (type === "*" || (type === "application" && subtype === "*")) return JSON_TEXT;
  const isJson = subtype === "json" || subtype.endsWith("+json");
  return type === "application" && isJson ? `application/${subtype}${CHARSET}` : undefined;
}
