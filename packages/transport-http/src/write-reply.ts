import type { IncomingMessage, ServerResponse } from "node:http";
import type { SettledReply } from "./reply.ts";

// Tomcat ends the connection after these.
const CLOSING: ReadonlySet<number> = new Set([400, 408, 411, 413, 414, 500, 501, 503]);

/**
 * Writes an answer: status line without a reason, content type, length, CORS headers for pages from
 * elsewhere (`http-api.md` 1.7, 1.10).
 */
export function writeReply(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body, headers }: SettledReply,
  closing: boolean,
): void {
  // The client went away while its request was read.
  if (response.destroyed || response.headersSent) return;
  const byteLength = Buffer.byteLength(body);
  const lines = contentType === undefined ? [] : ["Content-Type", contentType];
  lines.push("Content-Length", String(byteLength));
  if (closing || CLOSING.has(status)) lines.push("Connection", "close");
  if (request.headers.origin !== undefined) addCors(lines, request.headers.origin, request);
  if (headers !== undefined) {
    for (const [name, value] of Object.entries(headers)) lines.push(name, value);
  }
  response.writeHead(status, "", lines);
  // Most answers are ASCII, and those need no conversion.
  response.end(body, byteLength === body.length ? "latin1" : "utf8");
}

function addCors(lines: string[], origin: string, { headers: { host } }: IncomingMessage): void {
  if (origin === `http://${host}` || origin === `https://${host}`) return;
  const vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
  lines.push("Vary", vary, "Access-Control-Allow-Origin", origin);
  lines.push("Access-Control-Allow-Credentials", "true");
}
