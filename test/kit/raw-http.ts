import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Header, parseResponse, type RawResponse } from "./response-parser.ts";
import { within } from "./wait.ts";

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An HTTP request that goes out exactly as written. */
export interface RawRequest {
  readonly method: string;
  /** The request target, sent as it is: raw braces, odd escapes and all. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body?: string | undefined;
}

const TIMEOUT_MS = 10_000;

/**
 * Sends one request over a connection of its own and reads the answer.
 *
 * `Host` and, with a body, `Content-Length` are added; nothing else is.
 *
 * @throws Error when no whole answer arrives within 10 s
 */
export async function exchange(address: Address, request: RawRequest): Promise<RawResponse> {
  const { method } = request;
  return await exchangeBytes(address, formatRequest(address, request), { method });
}

/** What {@link exchangeBytes} goes by. */
export interface ExchangeBytesOptions {
  readonly method: string;
  /** @defaultValue 10_000 */
  readonly withinMs?: number;
}

/**
 * Sends the bytes of one request over a connection of its own and reads the answer.
 *
 * @throws Error when no whole answer arrives in time
 */
export async function exchangeBytes(
  address: Address,
  bytes: Buffer,
  { method, withinMs = TIMEOUT_MS }: ExchangeBytesOptions,
): Promise<RawResponse> {
  const socket = connect(address.port, address.host);
  try {
    const [line = ""] = bytes.toString("latin1").split("\r\n", 1);
    return await within(sendAndRead(socket, bytes, method), withinMs, line);
  } finally {
    socket.destroy();
  }
}

/** The bytes of a request, ready to be written to a socket. */
export function formatRequest(address: Address, request: RawRequest): Buffer {
  const body = Buffer.from(request.body ?? "", "utf8");
  const headers: readonly Header[] = [
    ["Host", `${address.host}:${address.port}`],
    ...request.headers,
    ...(request.body === undefined ? [] : [["Content-Length", `${body.length}`] as const]),
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${request.method} ${request.target} HTTP/1.1\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, "utf8"), body]);
}

/** Reads the next answer that arrives on a socket. */
export function readResponse(socket: Socket, method: string): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (ended: boolean): void => {
      try {
        const response = parseResponse(bytes, { method, ended });
        if (response === undefined) return;
        socket.off("data", onData);
        resolve(response);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      settle(false);
    };
    socket.on("data", onData);
    socket.once("end", () => settle(true));
    // A server that refuses a request may reset the connection after its answer.
    socket.once("error", (error) => (bytes.length > 0 ? settle(true) : reject(error)));
    socket.once("close", () => settle(true));
  });
}

async function sendAndRead(socket: Socket, bytes: Buffer, method: string): Promise<RawResponse> {
  await once(socket, "connect");
  const response = readResponse(socket, method);
  socket.write(bytes);
  return response;
}
