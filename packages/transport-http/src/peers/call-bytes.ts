import type { PeerCall } from "./peer-pool.ts";

/** How many bytes calls of one kind have cost, heads included. */
export interface ByteCounts {
  readonly sent: number;
  readonly received: number;
}

/**
 * Counts what calls to peers cost, by the name of the call, of which there are few.
 *
 * It counts what HTTP writes and reads, without what TCP and IP put around it. A call that nobody
 * answered counts nothing.
 */
export class CallBytes {
  readonly #byCall = new Map<string, { sent: number; received: number }>();

  /** Call → what all of its kind have cost so far. */
  get byCall(): ReadonlyMap<string, ByteCounts> {
    return this.#byCall;
  }

  /** Notes a call that was answered. */
  note(call: string, sent: number, received: number): void {
    const counts = this.#byCall.get(call);
    if (counts === undefined) {
      this.#byCall.set(call, { sent, received });
      return;
    }
    counts.sent += sent;
    counts.received += received;
  }
}

/** The head of an answer, as far as its length depends on it. */
export interface AnswerHead {
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * How long a request is on the wire: its line, its headers with those that the HTTP client adds, its
 * body.
 *
 * @param bodyLength in bytes; `undefined`: it has none
 */
export function requestByteCount(
  address: string,
  { method, path, headers }: Pick<PeerCall, "method" | "path" | "headers">,
  bodyLength: number | undefined,
): number {
  const announced = bodyLength ?? (method === "GET" || method === "DELETE" ? undefined : 0);
  return (
    `${method} ${path} HTTP/1.1\r\n`.length +
    `host: ${address}\r\nconnection: keep-alive\r\n`.length +
    headersByteCount(headers) +
    (announced === undefined ? 0 : `content-length: ${announced}\r\n`.length) +
    LINE_END_LENGTH +
    (bodyLength ?? 0)
  );
}

/**
 * How long an answer is on the wire. Chunks that were read together count as one, so of an answer in
 * many chunks a few bytes are missing; members send one.
 *
 * @param chunkLengths of its body, in bytes, as it was read
 */
export function answerByteCount(
  { statusText, headers }: AnswerHead,
  chunkLengths: readonly number[],
): number {
  const body = chunkLengths.reduce((sum, length) => sum + length, 0);
  return (
    `HTTP/1.1 200 ${statusText}\r\n`.length +
    headersByteCount(headers) +
    LINE_END_LENGTH +
    body +
    (headers["transfer-encoding"] === "chunked" ? framingByteCount(chunkLengths) : 0)
  );
}

const LINE_END_LENGTH = 2;

function headersByteCount(headers: AnswerHead["headers"]): number {
  let count = 0;
  for (const [name, value = []] of Object.entries(headers)) {
    for (const each of [value].flat()) count += `${name}: ${each}\r\n`.length;
  }
  return count;
}

// A length and two line ends around each chunk, and a chunk without content behind the last.
function framingByteCount(chunkLengths: readonly number[]): number {
  const lengths = [...chunkLengths.filter((length) => length > 0), 0];
  return lengths.reduce((sum, length) => sum + length.toString(16).length + 2 * LINE_END_LENGTH, 0);
}
