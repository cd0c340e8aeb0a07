/** A header line: the name as it was sent, and the value. */
export type Header = readonly [name: string, value: string];

/** An HTTP answer, taken apart. */
export interface RawResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly bytes: Buffer;
  /** The body read as UTF-8. */
  readonly body: string;
}

/** What is known of the exchange besides the bytes that arrived. */
export interface ParseContext {
  /** The method of the request: an answer to `HEAD` has no body. */
  readonly method: string;
  /** Whether the other side has closed the connection. */
  readonly ended: boolean;
}

const HEAD_END = "\r\n\r\n";

/**
 * Reads one HTTP/1.1 answer from the bytes that have arrived so far.
 *
 * @returns `undefined` while bytes are missing
 * @throws Error when what arrived is not HTTP, or ended too early
 */
export function parseResponse(bytes: Buffer, context: ParseContext): RawResponse | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) {
    if (context.ended) throw new Error(`the connection closed after ${bytes.length} bytes`);
    return undefined;
  }
  const { status, headers } = parseHead(bytes.toString("latin1", 0, headEnd));
  const rest = bytes.subarray(headEnd + HEAD_END.length);
  // An interim answer, such as 100 Continue: the real one follows.
  if (status >= 100 && status < 200) return parseResponse(rest, context);
  const body = readBody(rest, status, headers, context);
  return body && { status, headers, bytes: body, body: body.toString("utf8") };
}

/** The values of a header, joined with `, ` when it was sent more than once. */
export function headerOf(
  { headers }: Pick<RawResponse, "headers">,
  name: string,
): string | undefined {
  const wanted = name.toLowerCase();
  const values = headers.filter(([sent]) => sent.toLowerCase() === wanted);
  return values.length === 0 ? undefined : values.map(([, value]) => value).join(", ");
}

function parseHead(head: string): { status: number; headers: readonly Header[] } {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`not an HTTP status line: ${statusLine}`);
  const headers = lines.map((line): Header => {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new Error(`not an HTTP header: ${line}`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status: Number(status), headers };
}

function readBody(
  rest: Buffer,
  status: number,
  headers: readonly Header[],
  { method, ended }: ParseContext,
): Buffer | undefined {
  if (method === "HEAD" || status === 204 || status === 304) return Buffer.alloc(0);
  const value = (name: string) => headers.find(([sent]) => sent.toLowerCase() === name)?.[1];
  if (value("transfer-encoding")?.toLowerCase() === "chunked") return readChunks(rest, ended);
  const length = value("content-length");
  if (length === undefined) return ended ? rest : undefined;
  if (rest.length >= Number(length)) return rest.subarray(0, Number(length));
  if (ended) throw new Error(`the body ended after ${rest.length} of ${length} bytes`);
  return undefined;
}

function readChunks(rest: Buffer, ended: boolean): Buffer | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) break;
    const size = Number.parseInt(rest.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("not a chunk size");
    const start = lineEnd + 2;
    // The last chunk ends with an empty line; trailers are not used by anybody here.
    if (rest.length < start + size + 2) break;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
  if (ended) throw new Error("the body ended in the middle of a chunk");
  return undefined;
}
