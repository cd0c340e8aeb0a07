/** What a client's `Accept` header comes down to. */
export interface Acceptance {
  /** The type of plain texts, e.g. `text/plain`. `undefined`: the header is no media type. */
  readonly text: string | undefined;

  /** The type of JSON answers; `undefined` when the client takes no JSON. */
  readonly json: string | undefined;

  /** Whether error pages are wanted as HTML. */
  readonly html: boolean;
}

const anything: Acceptance = { text: "text/plain", json: "application/json", html: false };

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
  const ranges = header.split(",").map(parseRange);
  const readable = ranges.filter((range) => range !== undefined);
  if (readable.length < ranges.length) return { text: undefined, json: undefined, html: false };
  readable.sort((a, b) => wildness(a) - wildness(b) || b.quality - a.quality);
  return {
    text: readable.map(textType).find((type) => type !== undefined) ?? "text/plain",
    json: readable.map(jsonType).find((type) => type !== undefined),
    html: readable.some(({ type, subtype }) => type === "text" && subtype === "html"),
  };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/;

function parseRange(text: string): Range | undefined {
  const [full = "", ...params] = text.split(";").map((part) => part.trim());
  // Java's own HTTP client sends `*` and means everything.
  const [type = "", subtype = "", ...more] = full === "*" ? ["*", "*"] : full.split("/");
  if (more.length > 0 || !TOKEN.test(type) || !TOKEN.test(subtype)) return undefined;
  const quality = params.find((param) => param.startsWith("q="))?.slice(2);
  return { type, subtype, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

function wildness({ type, subtype }: Range): number {
  return type === "*" ? 2 : subtype === "*" ? 1 : 0;
}

function textType({ type, subtype }: Range): string | undefined {
  if (type === "*" || (type === "text" && subtype === "*")) return "text/plain";
  if (subtype !== "*") return `${type}/${subtype}`;
  return type === "application" ? "application/json" : undefined;
}

function jsonType({ type, subtype }: Range): string | undefined {
  if (type === "*" || (type === "application" && subtype === "*")) return "application/json";
  const isJson = subtype === "json" || subtype.endsWith("+json");
  return type === "application" && isJson ? `application/${subtype}` : undefined;
}
