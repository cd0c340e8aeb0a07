import { type IncomingMessage, request } from "node:http";

/** What a peer answered. */
export interface PeerAnswer {
  readonly status: number;
  readonly body: string;
}

/** A call of one member to another. */
export interface PeerCall {
  readonly from: string;
  readonly peer: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
}

/** What a Java member would stumble over. */
export interface PeerCallEvents {
  readonly onCompressed: () => void;
  /** The peer ended the connection in the orderly way, without an answer (`distro.md` 1.7). */
  readonly onHangUp: () => void;
}

const TIMEOUT_MS = 3_000;

/** Calls a peer with the headers of Nacos 1.4.1 (`distro.md` 1.6). */
export function callPeer(call: PeerCall, events: PeerCallEvents): Promise<PeerAnswer> {
  const { peer, method, path, body } = call;
  const [host, port] = peer.split(":");
  return new Promise((resolve, reject) => {
    const options = { host, port, path, method, headers: headersOf(call), timeout: TIMEOUT_MS };
    const sent = request(options, (response) => {
      if (response.headers["content-encoding"] !== undefined) events.onCompressed();
      readAll(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: text }),
        reject,
      );
    });
    sent.on("timeout", () => sent.destroy(new Error("Read timed out")));
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The message tells an orderly end from a reset, which is harmless.
      if (error.code === "ECONNRESET" && error.message.includes("hang up")) events.onHangUp();
      reject(error);
    });
    sent.end(body);
  });
}

/** The whole body as text. */
export async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function headersOf({ from, method, path, body }: PeerCall): Record<string, string | number> {
  return {
    "User-Agent": "Nacos-Server:1.4.1",
    "Client-Version": "1.4.1",
    "Content-Type": "application/json;charset=UTF-8",
    "Accept-Encoding": "gzip",
    "Request-Source": from,
    // The false header of the blocking client: the body is plain.
    ...(path.endsWith("/datum") && method === "PUT" && { "Content-Encoding": "gzip" }),
    ...(path.endsWith("/report") && { "Nacos-Server": "1.4.1" }),
    ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }),
  };
}
