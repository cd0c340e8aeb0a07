import { MessageChannel } from "node:worker_threads";
import { type Address, type Clock, type Logger, type Millis, NacreError } from "@nacre/core";
import { RepeatingTask } from "@nacre/engine";
import { parseMemberList } from "../settings/addresses.ts";
import { ListOutlet } from "./list-outlet.ts";
import type { MemberLookup, OnAddresses } from "./member-lookup.ts";

/** What an {@link AddressServerLookup} needs from its surroundings. */
export interface AddressServerLookupDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which server an {@link AddressServerLookup} asks, and how often. */
export interface AddressServerLookupOptions {
  /** Of the list: `http://<host>:<port><path>`. */
  readonly url: string;

  /** @defaultValue 5_000 */
  readonly intervalMs?: Millis;

  /**
   * How often it is asked at the start before that fails.
   *
   * @defaultValue 5
   */
  readonly retryMax?: number;

  /**
   * How long to wait before it is asked again at the start.
   *
   * @defaultValue 1_000
   */
  readonly retryDelayMs?: Millis;

  /**
   * How long it may take to answer.
   *
   * @defaultValue 3_000
   */
  readonly timeoutMs?: Millis;

  /**
   * The longest list that is read.
   *
   * @defaultValue 1_048_576
   */
  readonly bodyBytesMax?: number;
}

/** The lookup of members that a server lists in the format of `cluster.conf` (`distro.md` 6.3). */
export class AddressServerLookup implements MemberLookup {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #url: string;
  readonly #retryMax: number;
  readonly #retryDelayMs: Millis;
  readonly #timeoutMs: Millis;
  readonly #bodyBytesMax: number;
  readonly #job: RepeatingTask;
  readonly #stopped = new AbortController();
  #outlet: ListOutlet | undefined;

  constructor(
    { clock, logger }: AddressServerLookupDependencies,
    options: AddressServerLookupOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#url = options.url;
    this.#retryMax = options.retryMax ?? 5;
    this.#retryDelayMs = options.retryDelayMs ?? 1_000;
    this.#timeoutMs = options.timeoutMs ?? 3_000;
    this.#bodyBytesMax = options.bodyBytesMax ?? 1_048_576;
    this.#job = new RepeatingTask(
      { clock, logger },
      {
        name: "ask-address-server",
        intervalMs: options.intervalMs ?? 5_000,
        run: () => this.#look(),
      },
    );
  }

  async start(onAddresses: OnAddresses): Promise<void> {
    this.#outlet = new ListOutlet({ logger: this.#logger, onAddresses });
    const addresses = await this.#askFirst();
    if (this.#stopped.signal.aborted) return;
    this.#outlet.found(addresses);
    this.#job.start();
  }

  /** Ends it for good; it is not started again. */
  stop(): void {
    this.#stopped.abort();
    void this.#job.stop();
  }

  async #askFirst(): Promise<readonly Address[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        const addresses = await this.#ask();
        if (addresses.length > 0) return addresses;
        throw new NacreError("PEER_REFUSED", `${this.#url} lists no members`);
      } catch (error) {
        if (this.#stopped.signal.aborted) return [];
        if (attempt >= this.#retryMax) throw failedStart(this.#url, error);
        this.#logger.warn({ err: error, attempt }, "the address server does not list the members");
      }
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    // What the clock has scheduled does not keep the process alive, and before a member listens nothing
    // else does.
    const { port1: life } = new MessageChannel();
    life.ref();
    await new Promise<void>((resolve) => {
      this.#clock.schedule(this.#retryDelayMs, resolve);
    });
    life.close();
  }

  async #look(): Promise<void> {
    try {
      const addresses = await this.#ask();
      if (!this.#stopped.signal.aborted) this.#outlet?.found(addresses);
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#outlet?.failed(error);
    }
  }

  async #ask(): Promise<readonly Address[]> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.#timeoutMs)]);
    const response = await fetch(this.#url, { signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new NacreError("PEER_REFUSED", `${this.#url} answered ${response.status}`);
    }
    return parseMemberList(await this.#textOf(response), this.#url);
  }

  async #textOf({ body }: Response): Promise<string> {
    if (body === null) return "";
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > this.#bodyBytesMax) {
        const message = `${this.#url} answered more than ${this.#bodyBytesMax} bytes`;
        throw new NacreError("PEER_REFUSED", message);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

function failedStart(url: string, error: unknown): NacreError {
  const message = `cannot get the list of members from ${url}: ${reasonOf(error)}`;
  return new NacreError("START_FAILED", message, { cause: error });
}

/** What `fetch` says itself is only that it failed; of several attempts it keeps only the code. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === "" && "code" in cause ? String(cause.code) : cause.message;
}
