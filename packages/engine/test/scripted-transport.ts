import { type Address, NacreError, type Transport } from "@nacre/core";

/** The name of a call of the port `Transport`. */
export type CallName = keyof Transport;

/** One call that a {@link ScriptedTransport} was asked for. */
export interface ScriptedCall {
  readonly name: CallName;
  readonly peer: Address;

  /** What the call carries; `undefined` for calls that carry nothing. */
  readonly content: unknown;
}

/**
 * A transport without a network: it keeps every call, and answers as the functions in `answers` do.
 * Until a test sets another one, each rejects with `PEER_UNREACHABLE`.
 *
 *     transport.answers.report = () => Promise.resolve({ code: 200, greeting: undefined });
 */
export class ScriptedTransport implements Transport {
  /** All calls so far, in order. */
  readonly calls: ScriptedCall[] = [];

  /** What each call is answered with. */
  readonly answers: { -readonly [Name in CallName]: Transport[Name] } = { ...unreachable };

  readonly greet: Transport["greet"] = (peer) => this.#call("greet", peer);
  readonly report: Transport["report"] = (peer, report) => this.#call("report", peer, report);
  readonly sync: Transport["sync"] = (peer, message) => this.#call("sync", peer, message);
  readonly beats: Transport["beats"] = (peer, message) => this.#call("beats", peer, message);
  readonly digest: Transport["digest"] = (peer, message) => this.#call("digest", peer, message);
  readonly fetch: Transport["fetch"] = (peer, request) => this.#call("fetch", peer, request);
  readonly leaving: Transport["leaving"] = (peer) => this.#call("leaving", peer);
  readonly putData: Transport["putData"] = (peer, data) => this.#call("putData", peer, data);
  readonly putChecksums: Transport["putChecksums"] = (peer, checksums) =>
    this.#call("putChecksums", peer, checksums);
  readonly queryData: Transport["queryData"] = (peer, keys) => this.#call("queryData", peer, keys);
  readonly snapshot: Transport["snapshot"] = (peer) => this.#call("snapshot", peer);
  readonly serviceStatus: Transport["serviceStatus"] = (peer, status) =>
    this.#call("serviceStatus", peer, status);
  readonly statuses: Transport["statuses"] = (peer, key) => this.#call("statuses", peer, key);
  readonly handOver: Transport["handOver"] = (peer, write) => this.#call("handOver", peer, write);

  /** What the calls of one name carried, each with its peer, in order. */
  sent<Name extends CallName>(name: Name): readonly Sent<Name>[] {
    const calls = this.calls.filter((call) => call.name === name);
    return calls.map(({ peer, content }) => ({ peer, content: content as Content<Name> }));
  }

  #call<Name extends CallName>(name: Name, peer: Address, content?: Content<Name>): Answer<Name> {
    this.calls.push({ name, peer, content });
    const answer = this.answers[name] as (peer: Address, content: unknown) => Answer<Name>;
    return answer(peer, content);
  }
}

/** What a call of the name carried, and to whom. */
export interface Sent<Name extends CallName> {
  readonly peer: Address;
  readonly content: Content<Name>;
}

type Content<Name extends CallName> = Parameters<Transport[Name]>[1];
type Answer<Name extends CallName> = ReturnType<Transport[Name]>;

/**
 * The error of a call that got no answer.
 *
 * @param code of the cause, as Node names it: `ECONNREFUSED` when nobody listens
 */
export function unreachablePeer(peer: Address, code = "ETIMEDOUT"): NacreError {
  const cause = Object.assign(new Error(`connect ${code}`), { code });
  return new NacreError("PEER_UNREACHABLE", `${peer} does not answer (${code})`, { cause });
}

/** The error of a call that was answered with something else than was asked for. */
export function refusingPeer(peer: Address): NacreError {
  return new NacreError("PEER_REFUSED", `${peer} answered 500`);
}

const reject = (peer: Address): Promise<never> => Promise.reject(unreachablePeer(peer));

const unreachable: Transport = {
  greet: reject,
  report: reject,
  sync: reject,
  beats: reject,
  digest: reject,
  fetch: reject,
  leaving: reject,
  putData: reject,
  putChecksums: reject,
  queryData: reject,
  snapshot: reject,
  serviceStatus: reject,
  statuses: reject,
  handOver: reject,
};
