/** One `key=value` of a properties file. */
export interface Property {
  readonly key: string;

  /** The value with its escapes resolved and its placeholders as they stand. */
  readonly value: string;

  /** The line that the property starts on, from 1. */
  readonly line: number;
}

/**
 * Reads the format of `java.util.Properties`: comments start with `#` or `!`, `=`, `:` or blanks end
 * a key, a backslash at the end of a line continues it, and `\uXXXX` is a character. A `\u` without
 * four hexadecimal digits is a plain `u`.
 *
 * @returns the properties in the order of the file; a key may come more than once.
 */
export function parseProperties(text: string): readonly Property[] {
  const properties: Property[] = [];
  for (const { content, line } of logicalLines(text)) {
    const { key, rest } = splitKey(content);
    properties.push({ key: unescape(key), value: unescape(rest), line });
  }
  return properties;
}

/** Writes one `key=value` line that {@link parseProperties} reads back. */
export function formatProperty(key: string, value: string): string {
  return `${escape(key).replace(/[ :=]/g, "\\$&")}=${escape(value).replace(/^ /, "\\ ")}`;
}

/** What a `${name}` that stands for nothing leads to. */
export interface MissingPlaceholder {
  readonly missing: string;
}

/**
 * Replaces `${name}` and `${name:default}` as Spring does; both parts may hold placeholders again.
 *
 * @returns the text, or the name of a placeholder without value and default.
 */
export function resolvePlaceholders(
  text: string,
  valueOf: (name: string) => string | undefined,
  depth = 0,
): string | MissingPlaceholder {
  let resolved = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf("${", from);
    const end = start < 0 ? -1 : closingBrace(text, start + 2);
    if (end < 0) return resolved + text.slice(from);
    const value =
      depth < depthMax ? placeholderValue(text.slice(start + 2, end), valueOf, depth) : "";
    if (typeof value !== "string") return value;
    resolved += text.slice(from, start) + value;
    from = end + 1;
  }
}

/** Placeholders inside placeholders, at most; a cycle ends here. */
const depthMax = 10;

function placeholderValue(
  body: string,
  valueOf: (name: string) => string | undefined,
  depth: number,
): string | MissingPlaceholder {
  const inner = resolvePlaceholders(body, valueOf, depth + 1);
  if (typeof inner !== "string") return inner;
  const colon = inner.indexOf(":");
  const name = colon < 0 ? inner : inner.slice(0, colon);
  const value = valueOf(name);
  if (value !== undefined) return resolvePlaceholders(value, valueOf, depth + 1);
  return colon < 0 ? { missing: name } : inner.slice(colon + 1);
}

function closingBrace(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("${", at)) {
      open++;
      at++;
    } else if (text[at] === "}") {
      open--;
      if (open === 0) return at;
    }
  }
  return -1;
}

interface LogicalLine {
  readonly content: string;
  readonly line: number;
}

function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  const natural = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (let at = 0; at < natural.length; at++) {
    let content = trimStart(natural[at] ?? "");
    if (content === "" || content.startsWith("#") || content.startsWith("!")) continue;
    const line = at + 1;
    while (isContinued(content)) {
      at++;
      content = content.slice(0, -1) + trimStart(natural[at] ?? "");
    }
    lines.push({ content, line });
  }
  return lines;
}

function isContinued(content: string): boolean {
  const backslashes = /\\*$/.exec(content)?.[0].length ?? 0;
  return backslashes % 2 === 1;
}

function trimStart(text: string): string {
  return text.replace(/^[ \t\f]+/, "");
}

function splitKey(content: string): { readonly key: string; readonly rest: string } {
  const key = /^(?:\\[^]|[^\\ \t\f:=])*/.exec(content)?.[0] ?? "";
  const separator = /^[ \t\f]*[:=]?[ \t\f]*/.exec(content.slice(key.length))?.[0] ?? "";
  return { key, rest: content.slice(key.length + separator.length) };
}

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_all, hex?: string, char?: string) =>
    hex === undefined
      ? (escapes[char ?? ""] ?? char ?? "")
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function escape(text: string): string {
  return text.replace(/[\\\t\n\r\f]|[^ -~]/g, (char) => {
    const letter = { "\\": "\\", "\t": "t", "\n": "n", "\r": "r", "\f": "f" }[char];
    return `\\${letter ?? `u${char.charCodeAt(0).toString(16).padStart(4, "0")}`}`;
  });
}

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };
