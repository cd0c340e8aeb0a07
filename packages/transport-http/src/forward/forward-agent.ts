import { type Address, type Clock, type Millis, NacreError, type Version } from "@nacre/core";
import type { ByteCounts } from "../peers/call-bytes.ts";
import { type PeerAnswer, PeerPool } from "../peers/peer-pool.ts";
import type { NacosRequest } from "../request.ts";
import type { Method } from "../route.ts";
import { type ForwardAnswer, forwardAnswerOf } from "./forward-answer.ts";
import { forwardedRequest } from "./forwarded-request.ts";

/** What a {@link ForwardAgent} is built from. */
export interface ForwardAgentDependencies {
  readonly clock: Clock;
}

/** Who a {@link ForwardAgent} speaks for, and its limits. */
export interface ForwardAgentOptions {
  /** The address of this member, as peers know it. */
  readonly self: Address;

  /** Headers that all members share, such as the identity (`distro.md` 6.7). @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>;

  /** How long the other member may take, connecting and waiting included. @defaultValue 2_000 */
  readonly timeoutMs?: Millis;

  /** Connections to one peer, apart from those of other calls. @defaultValue 16 */
  readonly connectionsMax?: number;

  /** Writes to one peer that are under way or wait. @defaultValue 1_000 */
  readonly pendingMax?: number;

  /** @defaultValue 1 MiB */
  readonly answerBytesMax?: number;

  /** The address to call from, on a machine that has several. @defaultValue the system chooses */
  readonly localAddress?: string | undefined;
}

// For messages.
const CALL_NAME = "a write";

/** Asks other members to answer what clients asked this one. */
export class ForwardAgent {
  readonly #pool: PeerPool;
  readonly #self: Address;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: Millis;
  readonly #answerBytesMax: number;

  constructor({ clock }: ForwardAgentDependencies, options: ForwardAgentOptions) {
    const { timeoutMs = 2_000, connectionsMax = 16, pendingMax = 1_000, localAddress } = options;
    this.#self = options.self;
    this.#headers = options.headers ?? {};
    this.#timeoutMs = timeoutMs;
    this.#answerBytesMax = options.answerBytesMax ?? 1024 * 1024;
    this.#pool = new PeerPool(
      { clock },
      { connectionsMax, pendingMax, connectTimeoutMs: timeoutMs, localAddress },
    );
  }

  /** What passing writes on has cost. */
  get bytes(): ByteCounts {
    return this.#pool.bytes.byCall.get(CALL_NAME) ?? { sent: 0, received: 0 };
  }

  /**
   * Passes a client's write on to a peer. It never rejects.
   *
   * @param method the one that the client means, which a parameter may say
   * @param acceptedAs the version at which this member took the write
   */
  async forward(
    peer: Address,
    request: NacosRequest,
    method: Method,
    acceptedAs: Version,
  ): Promise<ForwardAnswer> {
    const options = { self: this.#self, acceptedAs, headers: this.#headers };
    let answer: PeerAnswer;
    try {
      answer = await this.#pool.call(peer, {
        ...forwardedRequest(request, method, options),
        name: CALL_NAME,
        timeoutMs: this.#timeoutMs,
        answerBytesMax: this.#answerBytesMax,
      });
    } catch (error) {
      return failureOf(error);
    }
    return forwardAnswerOf(answer.status, answer.body);
  }

  /** Closes the connections to a peer that is no member any more. */
  forget(peer: Address): void {
    this.#pool.forget(peer);
  }

  /** Closes all connections; what is under way fails. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

// The peer ended a connection that worked: it may take the next write.
const ENDED: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

function failureOf(error: unknown): ForwardAnswer {
  if (!(error instanceof NacreError)) throw error;
  const { code, cause, message: reason } = error;
  const isEnded = cause instanceof Error && "code" in cause && ENDED.has(cause.code);
  return { outcome: code === "PEER_REFUSED" || isEnded ? "refused" : "failed", reason };
}
