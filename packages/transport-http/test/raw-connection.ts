import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An HTTP answer, taken apart. */
export interface Answer {
  /** As it came, e.g. `HTTP/1.1 200 `. */
  readonly statusLine: string;
  readonly status: number;

  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Opens a connection to a server of this machine. */
export async function openConnection(port: number): Promise<RawConnection> {
  // The client's half stays open until the test ends it: servers must not count on anything else.
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return new RawConnection(socket);
}

/** A connection on which a test says exactly what it wants to, and reads one answer at a time. */
export class RawConnection {
  /** Settles when the server has ended its half. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  #bytes = "";
  #isOver = false;
  #isHead = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const over = () => {
      this.#isOver = true;
      this.#wake();
    };
    socket.on("data", (chunk: Buffer) => {
      this.#bytes += chunk.toString("latin1");
      this.#wake();
    });
    // A server that refuses a request may reset the connection.
    socket.on("error", over);
    socket.on("end", over);
    this.ended = new Promise((resolve) => {
      socket.once("end", resolve);
      socket.once("close", () => resolve());
    });
  }

  send(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Sends a request without a body. */
  get(target: string, ...headers: readonly string[]): Promise<Answer> {
    return this.request("GET", target, headers);
  }

  request(
    method: string,
    target: string,
    headers: readonly string[] = [],
    body = "",
  ): Promise<Answer> {
    this.#isHead = method === "HEAD";
    this.send(
      `${[`${method} ${target} HTTP/1.1`, "Host: nacre", ...headers].join("\r\n")}\r\n\r\n`,
    );
    this.send(body);
    return this.answer();
  }

  /** Sends a form that says how long it is. */
  form(method: string, target: string, form: string): Promise<Answer> {
    const type = "Content-Type: application/x-www-form-urlencoded";
    return this.request(method, target, [type, `Content-Length: ${form.length}`], form);
  }

  /**
   * Reads the next answer.
   *
   * @throws Error when the server ends the connection before
   */
  async answer(): Promise<Answer> {
    for (;;) {
      const answer = this.#take();
      if (answer !== undefined) return answer;
      if (this.#isOver)
        throw new Error(`the connection ended after ${JSON.stringify(this.#bytes)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(): Answer | undefined {
    const headEnd = this.#bytes.indexOf("\r\n\r\n");
    if (headEnd < 0) return undefined;
    const [statusLine = "", ...lines] = this.#bytes.slice(0, headEnd).split("\r\n");
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const isChunked = headers.get("transfer-encoding") === "chunked" && !this.#isHead;
    const length = this.#isHead ? 0 : Number(headers.get("content-length") ?? 0);
    const rest = this.#bytes.slice(headEnd + 4);
    const found = isChunked ? takeChunk(rest) : { body: rest.slice(0, length), length };
    if (found === undefined || rest.length < found.length) return undefined;
    this.#bytes = rest.slice(found.length);
    const body = Buffer.from(found.body, "latin1").toString("utf8");
    return { statusLine, status: Number(statusLine.split(" ")[1]), headers, body };
  }
}

// The server sends what it has in one chunk; what is more than that is none of its answers.
function takeChunk(text: string): { readonly body: string; readonly length: number } | undefined {
  const chunk = /^([0-9a-f]+)\r\n/.exec(text);
  if (chunk === null) return undefined;
  const start = chunk[0].length;
  const size = Number.parseInt(chunk[1] ?? "", 16);
  const end = size === 0 ? "\r\n" : "\r\n0\r\n\r\n";
  const length = start + size + end.length;
  if (text.length < length) return undefined;
  if (!text.startsWith(end, start + size)) throw new Error("more than one chunk");
  return { body: text.slice(start, start + size), length };
}
