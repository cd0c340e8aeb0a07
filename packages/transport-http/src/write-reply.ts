import type { IncomingMessage, ServerResponse } from "node:http";
import type { SettledReply } from "./reply.ts";

// Tomcat ends the connection after these.
const CLOSING: ReadonlySet<number> = new Set([400, 408, 411, 413, 414, 500, 501, 503]);

/**
 * Writes an answer (`http-api.md` 1.6, 1.7, 1.10): status line without a reason, content type, CORS
 * headers for pages from elsewhere, texts with their length and JSON in one chunk.
 */
export function writeReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: SettledReply,
  closing: boolean,
): void {
  const { status, contentType, body, headers, isChunked } = reply;
  // The client went away while its request was read.
  if (response.destroyed || response.headersSent) return;
  const byteLength = reply.byteLength ?? Buffer.byteLength(body);
  const lines = contentType === undefined ? [] : ["Content-Type", contentType];
  // Clients of HTTP/1.0 know no chunks.
  const chunk = isChunked === true && request.httpVersionMinor > 0;
  if (chunk) lines.push("Transfer-Encoding", "chunked");
  else lines.push("Content-Length", String(byteLength));
  if (closing || CLOSING.has(status)) lines.push("Connection", "close");
  if (request.headers.origin !== undefined) addCors(lines, request.headers.origin, request);
  if (headers !== undefined) {
    for (const [name, value] of Object.entries(headers)) lines.push(name, value);
  }
  response.writeHead(status, "", lines);
  // Most answers are ASCII, and those need no conversion.
  const encoding = byteLength === body.length ? "latin1" : "utf8";
  if (!chunk) {
    response.end(body, encoding);
    return;
  }
  // The whole answer is known, so it is one chunk and one write; left to itself the response would
  // write it in six pieces.
  response.chunkedEncoding = false;
  response.end(`${byteLength.toString(16)}\r\n${body}\r\n0\r\n\r\n`, encoding);
}

function addCors(lines: string[], origin: string, { headers: { host } }: IncomingMessage): void {
  if (origin === `http://${host}` || origin === `https://${host}`) return;
  const vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
  lines.push("Vary", vary, "Access-Control-Allow-Origin", origin);
  lines.push("Access-Control-Allow-Credentials", "true");
}
