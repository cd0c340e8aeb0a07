import type { Params } from "./params.ts";

const FORM_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * Adds the parameters of a form body. A body of any other type holds none (`http-api.md` 1.3).
 *
 * @returns whether the body was a form
 */
export function readForm(
  params: Params,
  method: string,
  contentType: string | undefined,
  body: Buffer,
): boolean {
  if (!FORM_METHODS.has(method) || contentType === undefined) return false;
  const [mediaType = ""] = contentType.split(";", 1);
  switch (mediaType.trim().toLowerCase()) {
    case "application/x-www-form-urlencoded":
      params.parse(body.toString("latin1"), method === "POST" ? "drop" : "keep");
      return true;
    case "multipart/form-data":
      if (method === "POST") readMultipart(params, contentType, body);
      return true;
    default:
      return false;
  }
}

// Fields only; a part with a file name is a file, and no endpoint takes one.
function readMultipart(params: Params, contentType: string, body: Buffer): void {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) return;
  const parts = `\r\n${body.toString("latin1")}`.split(`\r\n--${name}`);
  for (const part of parts.slice(1, -1)) readPart(params, part);
}

function readPart(params: Params, part: string): void {
  const end = part.indexOf("\r\n\r\n");
  if (end < 0) return;
  const head = part.slice(0, end);
  const name = /^content-disposition:\s*form-data;[^\r\n]*?\bname="([^"\r\n]*)"/im.exec(head)?.[1];
  if (name === undefined || /\bfilename\*?=/i.test(head)) return;
  params.add(utf8(name), utf8(part.slice(end + 4)));
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
