import { type Address, type Millis, NacreError } from "@nacre/core";
import type { SeededRandom } from "@nacre/core/testing";
import type { MemberClock, SimClock } from "./sim-clock.ts";
import { SimLink } from "./sim-link.ts";

/** Somebody who can be called at an address of the simulated network: a process. */
export interface SimEndpoint {
  /** The clock of the process: nothing arrives after it has stopped, and late while it is paused. */
  readonly clock: MemberClock;

  /**
   * Answers a call, now or later. What it throws is the answer too: a `NacreError` travels as the
   * failure `PEER_REFUSED`.
   */
  answer(call: SimCall): unknown;
}

/** A call on its way. */
export interface SimCall {
  readonly from: Address;
  readonly to: Address;

  /** Name of a method of `Transport`, `write` for a client's, `forward` for one passed on. */
  readonly kind: string;
  readonly body: unknown;
}

/** What happened to a call, as told to {@link SimNetworkOptions.onEvent}. */
export type SimFate =
  | "sent"
  | "lost"
  | "answer lost"
  | "duplicated"
  | "refused"
  | "garbage"
  | "arrived"
  | "answered"
  | "failed"
  | "timed out";

/** How a {@link SimNetwork} behaves while nothing is wrong with it, and who watches. */
export interface SimNetworkOptions {
  /**
   * Shortest and longest way, in milliseconds.
   *
   * @defaultValue [0.2, 1.5]
   */
  readonly delayMs?: readonly [Millis, Millis];

  /** Told of each step of each call; the last argument is the answer, or why there is none. */
  readonly onEvent?: (fate: SimFate, call: SimCall, answer?: unknown) => void;

  /** Seals every message for good, to show that nobody changes what he was sent. Slow. */
  readonly freezes?: boolean;
}

/** Calls that may arrive twice, as when a client library tries again by itself. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "report",
  "sync",
  "beats",
  "digest",
  "fetch",
  "putData",
  "putChecksums",
  "queryData",
  "serviceStatus",
  "greet",
]);

/**
 * The network between simulated processes: calls with an answer, each way of which may be slow, lost,
 * doubled or garbled by the faults of its {@link SimLink}. Chance is drawn from one seeded source, so
 * the same seed does the same.
 *
 * Where nobody listens a call is refused at once, as by the kernel of a machine whose process died.
 * Everything else that goes wrong shows as no answer in time.
 */
export class SimNetwork {
  readonly clock: SimClock;
  readonly #random: SeededRandom;
  readonly #delayMs: readonly [Millis, Millis];
  readonly #onEvent: (fate: SimFate, call: SimCall, answer?: unknown) => void;
  readonly #freezes: boolean;
  readonly #endpoints = new Map<Address, SimEndpoint>();
  readonly #links = new Map<string, SimLink>();

  /** The wires' own view of the time: they neither pause nor stop. */
  readonly #wires: MemberClock;
  #callCount = 0;

  constructor(
    { clock, random }: { readonly clock: SimClock; readonly random: SeededRandom },
    options: SimNetworkOptions = {},
  ) {
    this.clock = clock;
    this.#wires = clock.view();
    this.#random = random;
    this.#delayMs = options.delayMs ?? [0.2, 1.5];
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#freezes = options.freezes ?? false;
  }

  /** How many calls were made. */
  get callCount(): number {
    return this.#callCount;
  }

  /** Listens at an address, in the place of whoever did. */
  attach(address: Address, endpoint: SimEndpoint): void {
    this.#endpoints.set(address, endpoint);
  }

  /** Nobody listens there any more. */
  detach(address: Address): void {
    this.#endpoints.delete(address);
  }

  /** What is wrong with the way from one address to another. */
  link(from: Address, to: Address): SimLink {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link === undefined) this.#links.set(key, (link = new SimLink()));
    return link;
  }

  /**
   * Calls `to`, and resolves with its answer.
   *
   * Rejects with a `NacreError`: `PEER_UNREACHABLE` when there is no answer within `timeoutMs`, or
   * nobody listens; `PEER_REFUSED` when the answer is a failure or garbage, with the failure as cause.
   */
  call(caller: MemberClock, call: SimCall, timeoutMs: Millis): Promise<unknown> {
    this.#callCount++;
    if (this.#freezes) freeze(call.body);
    const { from, to, kind } = call;
    const there = this.link(from, to);
    this.#onEvent("sent", call);
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(resolve, reject, this.clock.nowMs + timeoutMs);
      if (this.#happens(there.lossRatio)) {
        this.#onEvent("lost", call);
        this.#timeOut(caller, call, exchange);
        return;
      }
      this.#send(caller, call, exchange, there);
      if (IDEMPOTENT.has(kind) && this.#happens(there.doubleRatio)) {
        this.#onEvent("duplicated", call);
        // Whoever is answered first has been answered; the second answer falls on the floor.
        this.#send(caller, call, exchange, there);
      }
    });
  }

  #send(caller: MemberClock, call: SimCall, exchange: Exchange, there: SimLink): void {
    const atMs = this.clock.nowMs + this.#wayMs(there);
    this.clock.callAt(atMs, this.#wires, () => {
      const endpoint = this.#endpoints.get(call.to);
      if (endpoint === undefined || endpoint.clock.isStopped) {
        this.#answerIn(caller, call, exchange, refusal(call));
        return;
      }
      if (!endpoint.clock.isPaused) {
        this.#arrive(endpoint, caller, call, exchange);
        return;
      }
      // The kernel takes the call; the process reads it when it runs again, for whoever still waits.
      this.#timeOut(caller, call, exchange);
      endpoint.clock.schedule(0, () => this.#arrive(endpoint, caller, call, exchange));
    });
  }

  #arrive(endpoint: SimEndpoint, caller: MemberClock, call: SimCall, exchange: Exchange): void {
    this.#onEvent("arrived", call);
    let answer: unknown;
    try {
      answer = endpoint.answer(call);
    } catch (error) {
      this.#answerIn(caller, call, exchange, failure(call, error));
      return;
    }
    if (!(answer instanceof Promise)) {
      this.#answerIn(caller, call, exchange, answer);
      return;
    }
    this.#timeOut(caller, call, exchange);
    answer.then(
      (value) => this.#answerIn(caller, call, exchange, value),
      (error: unknown) => this.#answerIn(caller, call, exchange, failure(call, error)),
    );
  }

  #answerIn(caller: MemberClock, call: SimCall, exchange: Exchange, answer: unknown): void {
    if (exchange.isDone) return;
    const back = this.link(call.to, call.from);
    if (this.#happens(back.lossRatio)) {
      this.#onEvent("answer lost", call);
      this.#timeOut(caller, call, exchange);
      return;
    }
    if (this.#freezes) freeze(answer);
    const isGarbage = this.#happens(back.garbageRatio);
    const atMs = this.clock.nowMs + this.#wayMs(back);
    if (atMs > exchange.untilMs) {
      this.#timeOut(caller, call, exchange);
      return;
    }
    this.clock.callAt(atMs, caller, () => {
      if (exchange.isDone) return;
      exchange.isDone = true;
      const given = isGarbage ? garbage(call) : answer;
      if (given instanceof NacreError) {
        this.#onEvent(given.code === "PEER_UNREACHABLE" ? "refused" : "failed", call, given);
        exchange.reject(given);
      } else {
        this.#onEvent("answered", call, given);
        exchange.resolve(given);
      }
    });
  }

  #timeOut(caller: MemberClock, call: SimCall, exchange: Exchange): void {
    if (exchange.isTimed) return;
    exchange.isTimed = true;
    this.clock.callAt(exchange.untilMs, caller, () => {
      if (exchange.isDone) return;
      exchange.isDone = true;
      this.#onEvent("timed out", call);
      exchange.reject(new NacreError("PEER_UNREACHABLE", `no answer of ${call.to} in time`));
    });
  }

  #wayMs({ extraMs }: SimLink): Millis {
    const [shortest, longest] = this.#delayMs;
    const wayMs = shortest + this.#random.next() * (longest - shortest);
    return extraMs === 0 ? wayMs : wayMs + extraMs * (0.5 + this.#random.next());
  }

  #happens(ratio: number): boolean {
    return ratio > 0 && (ratio >= 1 || this.#random.next() < ratio);
  }
}

/** One call's promise, settled once, by the answer or by the time-out. */
class Exchange {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: NacreError) => void;
  readonly untilMs: Millis;
  isDone = false;
  isTimed = false;

  constructor(
    resolve: (answer: unknown) => void,
    reject: (error: NacreError) => void,
    untilMs: Millis,
  ) {
    this.resolve = resolve;
    this.reject = reject;
    this.untilMs = untilMs;
  }
}

function refusal({ to }: SimCall): NacreError {
  const cause = Object.assign(new Error(`connect ECONNREFUSED ${to}`), { code: "ECONNREFUSED" });
  return new NacreError("PEER_UNREACHABLE", `nobody listens at ${to}`, { cause });
}

function garbage({ to }: SimCall): NacreError {
  return new NacreError("PEER_REFUSED", `the answer of ${to} is garbage`);
}

// What a peer answers with a failure is an answer. A bug of the peer is none: it ends the simulation.
function failure({ to, kind }: SimCall, error: unknown): NacreError {
  if (!(error instanceof NacreError)) throw error;
  return new NacreError("PEER_REFUSED", `${to} refused ${kind}: ${error.message}`, {
    cause: error,
  });
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  if (value instanceof Error) return;
  if (value instanceof Map) {
    for (const member of value.values()) freeze(member);
    return;
  }
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}
