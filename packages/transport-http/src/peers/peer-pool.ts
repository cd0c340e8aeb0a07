import { type Address, type Clock, type Millis, NacreError } from "@nacre/core";
import type { Dispatcher, Pool } from "undici";
import type { Method } from "../route.ts";
import { answerByteCount, CallBytes, requestByteCount } from "./call-bytes.ts";

/** What a {@link PeerPool} is built from. */
export interface PeerPoolDependencies {
  readonly clock: Clock;
}

/** The limits of a {@link PeerPool}. */
export interface PeerPoolOptions {
  /** Connections to one peer; each carries one call at a time. @defaultValue 4 */
  readonly connectionsMax?: number;

  /** Calls to one peer that are under way or wait for a connection. @defaultValue 1_000 */
  readonly pendingMax?: number;

  /** How long a connection may take to come about. @defaultValue 2_000 */
  readonly connectTimeoutMs?: Millis;

  /** How long an idle connection stays open when the peer does not say. @defaultValue 30_000 */
  readonly keepAliveTimeoutMs?: Millis;

  /** The address to call from, on a machine that has several. @defaultValue the system chooses */
  readonly localAddress?: string | undefined;
}

/** One call to a peer. */
export interface PeerCall {
  /** For messages. */
  readonly name: string;
  readonly method: Method;

  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;

  /** For everything: waiting for a connection, connecting, asking, and reading the answer. */
  readonly timeoutMs: Millis;
  readonly answerBytesMax: number;
}

/** What a peer answered. */
export interface PeerAnswer {
  readonly status: number;

  /** A header by its name in lower case; of several the first. */
  header(name: string): string | undefined;

  /** Read as UTF-8, whatever it says of itself (`distro.md` 1.6). */
  readonly body: string;
}

interface Peer {
  readonly pool: Pool;
  pendingCount: number;
}

/**
 * Connections to peers, a bounded number for each, kept alive. They come about with the first call,
 * and so does the HTTP client itself: a member that runs alone never loads it.
 */
export class PeerPool {
  /** What the calls to all peers have cost. */
  readonly bytes: CallBytes = new CallBytes();

  readonly #clock: Clock;
  readonly #pendingMax: number;
  readonly #poolOptions: Pool.Options;
  readonly #peers = new Map<Address, Peer>();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;
  #refusedCount = 0;

  constructor({ clock }: PeerPoolDependencies, options: PeerPoolOptions = {}) {
    const { connectionsMax = 4, pendingMax = 1_000, localAddress } = options;
    this.#clock = clock;
    this.#pendingMax = pendingMax;
    this.#poolOptions = {
      connections: connectionsMax,
      pipelining: 1,
      allowH2: false,
      connect: {
        timeout: options.connectTimeoutMs ?? 2_000,
        ...(localAddress === undefined ? {} : { localAddress }),
      },
      keepAliveTimeout: options.keepAliveTimeoutMs ?? 30_000,
      // Each call has a time-out over all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  /** How many calls failed at once because too many waited for the same peer. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** How many calls to a peer are under way or wait. */
  pendingCountOf(peer: Address): number {
    return this.#peers.get(peer)?.pendingCount ?? 0;
  }

  /**
   * Calls a peer.
   *
   * @throws {@link NacreError} `PEER_UNREACHABLE` when no answer comes in time, or too many calls wait;
   * its cause keeps a code such as `ECONNREFUSED`. `PEER_REFUSED` when the answer is too long.
   */
  async call(address: Address, call: PeerCall): Promise<PeerAnswer> {
    const abort = new AbortController();
    const cancel = this.#clock.schedule(call.timeoutMs, () => {
      abort.abort(new Error(`no answer within ${call.timeoutMs} ms`));
    });
    try {
      return await this.#ask(address, call, abort.signal);
    } catch (error) {
      throw failureOf(error, address, call);
    } finally {
      cancel();
    }
  }

  /** Closes the connections to a peer; calls that are under way fail. */
  forget(address: Address): void {
    const peer = this.#peers.get(address);
    if (peer === undefined) return;
    this.#peers.delete(address);
    const closed = peer.pool.destroy().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  /** Closes all connections. What is called afterwards fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const address of this.#peers.keys()) this.forget(address);
    await Promise.all(this.#closing);
  }

  async #peerAt(address: Address): Promise<Peer> {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const undici = await import("undici");
    if (this.#isClosed) throw new Error("this member is stopping");
    // Somebody else may have waited for the same.
    let peer = this.#peers.get(address);
    if (peer === undefined) {
      peer = { pool: new undici.Pool(`http://${address}`, this.#poolOptions), pendingCount: 0 };
      this.#peers.set(address, peer);
    }
    return peer;
  }

  async #ask(address: Address, call: PeerCall, signal: AbortSignal): Promise<PeerAnswer> {
    const peer = await this.#peerAt(address);
    if (peer.pendingCount >= this.#pendingMax) {
      this.#refusedCount++;
      throw new Error(`${peer.pendingCount} calls wait for it already`);
    }
    peer.pendingCount++;
    try {
      const { name, method, path, headers } = call;
      const body = typeof call.body === "string" ? Buffer.from(call.body) : call.body;
      const answer = await peer.pool.request({
        method,
        path,
        headers: { ...headers },
        body: body ?? null,
        // Otherwise a connection would not be used again after a GET with a body.
        reset: false,
        signal,
      });
      const chunks: Buffer[] = [];
      try {
        await readInto(chunks, answer.body, call);
      } finally {
        const lengths = chunks.map(({ length }) => length);
        const sent = requestByteCount(address, call, body?.length);
        this.bytes.note(name, sent, answerByteCount(answer, lengths));
      }
      return {
        status: answer.statusCode,
        header: (header) => [answer.headers[header]].flat()[0],
        body: textOf(chunks),
      };
    } finally {
      peer.pendingCount--;
    }
  }
}

async function readInto(
  chunks: Buffer[],
  body: Dispatcher.ResponseData["body"],
  { name, answerBytesMax }: PeerCall,
): Promise<void> {
  let byteCount = 0;
  // Leaving the loop ends the connection with what is still to come.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    chunks.push(chunk);
    if (byteCount > answerBytesMax) {
      const message = `the answer to ${name} is longer than ${answerBytesMax} bytes`;
      throw new NacreError("PEER_REFUSED", message);
    }
  }
}

function textOf(chunks: readonly Buffer[]): string {
  const [only] = chunks;
  const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  return bytes.toString("utf8");
}

function failureOf(cause: unknown, address: Address, { name }: PeerCall): NacreError {
  if (cause instanceof NacreError) {
    return new NacreError(cause.code, `${address}: ${cause.message}`, { cause });
  }
  // Several addresses of one name fail together, with a code and no words.
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  const reason = message || code || "for no known reason";
  return new NacreError("PEER_UNREACHABLE", `${address} does not answer ${name}: ${reason}`, {
    cause,
  });
}
