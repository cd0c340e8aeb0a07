import {
  type Address,
  type BeatMessage,
  type Checksums,
  type Clock,
  type DatumCopy,
  type DatumKey,
  type DigestAnswer,
  type DigestMessage,
  type FetchAnswer,
  type FetchRequest,
  type Greeting,
  type HandOver,
  type MemberReport,
  type Millis,
  NacreError,
  type ReportAnswer,
  type ServiceStatus,
  type SyncMessage,
  type Transport,
} from "@nacre/core";
import type { ByteCounts } from "./call-bytes.ts";
import { encodeData } from "./datum-codec.ts";
import { readData } from "./datum-reader.ts";
import { handOverPath, statusesPath } from "./java-calls.ts";
import { reportAnswerOf, statusesOf } from "./java-answers.ts";
import { checksumsText, memberText, serviceStatusText } from "./java-texts.ts";
import {
  beatsText,
  digestAnswerOf,
  digestText,
  emptyText,
  fetchAnswerOf,
  fetchText,
  greetingOf,
  syncText,
} from "./nacre-codec.ts";
import type { Identity } from "./peer-guard.ts";
import { type PeerHeaders, peerHeaders } from "./peer-headers.ts";
import { type PeerAnswer, type PeerCall, PeerPool, type PeerPoolOptions } from "./peer-pool.ts";

/** What a {@link DistroAgent} is built from. */
export interface DistroAgentDependencies {
  readonly clock: Clock;
}

/** Who calls, and the limits of its calls. */
export interface DistroAgentOptions extends PeerPoolOptions {
  /** The address of this member, spelled as in everybody's list. */
  readonly self: Address;

  /** Of all members: `/nacos` as a rule; empty: none. */
  readonly contextPath: string;

  /** Sent along with every call but reports. @defaultValue none */
  readonly identity?: Identity | undefined;

  /** @defaultValue 2_000 */
  readonly timeoutMs?: Millis;

  /** For data that a Java peer is asked for by their keys. @defaultValue 5_000 */
  readonly queryTimeoutMs?: Millis;

  /** For what holds very much: snapshots, and pages of data. @defaultValue 10_000 */
  readonly loadTimeoutMs?: Millis;

  /** @defaultValue 64 MiB */
  readonly answerBytesMax?: number;

  /** @defaultValue 256 MiB */
  readonly snapshotBytesMax?: number;
}

const MIB = 1_048_576;

/**
 * Calls peers over HTTP: those of Java as Java members call each other (`distro.md` 1.6, 6.5, 7.6),
 * those of Nacre below `/nacre/v1/peer/`. A call has succeeded when it was answered 200, and only then.
 */
export class DistroAgent implements Transport {
  readonly #clock: Clock;
  readonly #pool: PeerPool;
  readonly #self: Address;
  readonly #contextPath: string;
  readonly #headers: PeerHeaders;
  readonly #timeoutMs: Millis;
  readonly #queryTimeoutMs: Millis;
  readonly #loadTimeoutMs: Millis;
  readonly #answerBytesMax: number;
  readonly #snapshotBytesMax: number;
  #droppedCount = 0;

  constructor({ clock }: DistroAgentDependencies, options: DistroAgentOptions) {
    const { self, contextPath, identity, timeoutMs = 2_000 } = options;
    this.#clock = clock;
    this.#pool = new PeerPool({ clock }, { connectTimeoutMs: timeoutMs, ...options });
    this.#self = self;
    this.#contextPath = contextPath;
    this.#headers = peerHeaders(self, identity);
    this.#timeoutMs = timeoutMs;
    this.#queryTimeoutMs = options.queryTimeoutMs ?? 5_000;
    this.#loadTimeoutMs = options.loadTimeoutMs ?? 10_000;
    this.#answerBytesMax = options.answerBytesMax ?? 64 * MIB;
    this.#snapshotBytesMax = options.snapshotBytesMax ?? 256 * MIB;
  }

  /** How many calls failed at once because too many waited for the same peer. */
  get refusedCount(): number {
    return this.#pool.refusedCount;
  }

  /** How many entries of answers were left out because they could not be read. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** What the calls have cost, by their names. */
  get bytesByCall(): ReadonlyMap<string, ByteCounts> {
    return this.#pool.bytes.byCall;
  }

  /** How many calls to a peer are under way or wait. */
  pendingCountOf(peer: Address): number {
    return this.#pool.pendingCountOf(peer);
  }

  /** Closes the connections to a peer that is no member any more. */
  forget(peer: Address): void {
    this.#pool.forget(peer);
  }

  /** Closes all connections. What is called afterwards fails. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async greet(peer: Address): Promise<Greeting> {
    const answer = await this.#post(peer, "greet", emptyText);
    // Whoever does not know the question is of Java.
    if (answer.status === 404 || answer.status === 501) return { kind: "java", isReady: true };
    return this.#read(peer, "greet", answer, greetingOf);
  }

  async report(peer: Address, report: MemberReport): Promise<ReportAnswer> {
    const answer = await this.#call(peer, {
      name: "report",
      method: "POST",
      path: `${this.#contextPath}/v1/core/cluster/report`,
      headers: this.#headers.report,
      body: memberText(report),
    });
    // Neither success nor failure: the peer does not know of reports.
    if (answer.status === 404 || answer.status === 501) {
      return { code: answer.status, greeting: undefined };
    }
    return this.#read(peer, "report", answer, () => reportAnswerOf(answer));
  }

  async sync(peer: Address, message: SyncMessage): Promise<void> {
    await this.#tell(peer, "sync", syncText(message));
  }

  async beats(peer: Address, message: BeatMessage): Promise<void> {
    await this.#tell(peer, "beats", beatsText(message));
  }

  async digest(peer: Address, message: DigestMessage): Promise<DigestAnswer> {
    const answer = await this.#post(peer, "digest", digestText(message));
    return this.#read(peer, "digest", answer, (text) => digestAnswerOf(text, this.#onDropped));
  }

  async fetch(peer: Address, request: FetchRequest): Promise<FetchAnswer> {
    const text = fetchText(request);
    const answer = await this.#post(peer, "fetch", text, this.#loadTimeoutMs);
    return this.#read(peer, "fetch", answer, (body) => fetchAnswerOf(body, this.#onDropped));
  }

  async leaving(peer: Address): Promise<void> {
    await this.#tell(peer, "leaving", emptyText);
  }

  async putData(peer: Address, data: readonly DatumCopy[]): Promise<void> {
    // An empty one is an error to Java, and would be sent again for ever (`distro.md` 4.6).
    if (data.length === 0) return;
    await this.#expectOk(peer, {
      name: "putData",
      method: "PUT",
      path: `${this.#contextPath}/v1/ns/distro/datum`,
      headers: this.#headers.json,
      body: encodeData(data, { epochMs: this.#clock.epochMs() }),
    });
  }

  async putChecksums(peer: Address, checksums: Checksums): Promise<void> {
    await this.#expectOk(peer, {
      name: "putChecksums",
      method: "PUT",
      path: `${this.#contextPath}/v1/ns/distro/checksum?source=${inQuery(this.#self)}`,
      headers: this.#headers.json,
      body: checksumsText(checksums),
    });
  }

  async queryData(peer: Address, keys: readonly DatumKey[]): Promise<readonly DatumCopy[]> {
    const answer = await this.#call(peer, {
      name: "queryData",
      method: "GET",
      path: `${this.#contextPath}/v1/ns/distro/datum`,
      headers: this.#headers.json,
      body: JSON.stringify({ keys: keys.join(",") }),
      timeoutMs: this.#queryTimeoutMs,
    });
    return this.#read(peer, "queryData", answer, (text) => this.#data(text));
  }

  async snapshot(peer: Address): Promise<readonly DatumCopy[]> {
    const answer = await this.#call(peer, {
      name: "snapshot",
      method: "GET",
      path: `${this.#contextPath}/v1/ns/distro/datums?encoding=UTF-8&nofix=1`,
      headers: this.#headers.query,
      timeoutMs: this.#loadTimeoutMs,
      answerBytesMax: this.#snapshotBytesMax,
    });
    return this.#read(peer, "snapshot", answer, (text) => this.#data(text));
  }

  async serviceStatus(peer: Address, status: ServiceStatus): Promise<void> {
    await this.#expectOk(peer, {
      name: "serviceStatus",
      method: "POST",
      path: `${this.#contextPath}/v1/ns/service/status`,
      headers: this.#headers.json,
      body: serviceStatusText(this.#self, status),
    });
  }

  async statuses(peer: Address, key: DatumKey): Promise<ReadonlyMap<string, boolean>> {
    const answer = await this.#call(peer, {
      name: "statuses",
      method: "GET",
      path: `${this.#contextPath}${statusesPath(key)}`,
      headers: this.#headers.query,
    });
    return this.#read(peer, "statuses", answer, (text) => statusesOf(text, this.#onDropped));
  }

  async handOver(peer: Address, write: HandOver): Promise<void> {
    await this.#expectOk(peer, {
      name: "handOver",
      method: write.kind === "register" ? "POST" : "DELETE",
      path: `${this.#contextPath}${handOverPath(write)}`,
      headers: this.#headers.query,
    });
  }

  #data(text: string): readonly DatumCopy[] {
    const { data, droppedCount } = readData(text, this.#clock.epochMs());
    this.#droppedCount += droppedCount;
    return data;
  }

  readonly #onDropped = (): void => {
    this.#droppedCount++;
  };

  #post(peer: Address, name: string, body: string, timeoutMs?: Millis): Promise<PeerAnswer> {
    const path = `/nacre/v1/peer/${name}`;
    const headers = this.#headers.json;
    const call = { name, method: "POST", path, headers, body } as const;
    return this.#call(peer, timeoutMs === undefined ? call : { ...call, timeoutMs });
  }

  async #tell(peer: Address, name: string, body: string): Promise<void> {
    checkStatus(peer, name, await this.#post(peer, name, body));
  }

  async #expectOk(peer: Address, call: LimitlessCall): Promise<void> {
    checkStatus(peer, call.name, await this.#call(peer, call));
  }

  #call(peer: Address, call: LimitlessCall): Promise<PeerAnswer> {
    const limits = { timeoutMs: this.#timeoutMs, answerBytesMax: this.#answerBytesMax };
    return this.#pool.call(peer, { ...limits, ...call });
  }

  #read<Meaning>(
    peer: Address,
    name: string,
    answer: PeerAnswer,
    meaningOf: (text: string) => Meaning,
  ): Meaning {
    checkStatus(peer, name, answer);
    try {
      return meaningOf(answer.body);
    } catch (cause) {
      if (!(cause instanceof NacreError)) throw cause;
      const message = `${peer} answers ${name} with something else: ${cause.message}`;
      throw new NacreError("PEER_REFUSED", message, { cause });
    }
  }
}

type LimitlessCall = Omit<PeerCall, "timeoutMs" | "answerBytesMax"> &
  Partial<Pick<PeerCall, "timeoutMs" | "answerBytesMax">>;

const SHOWN_LENGTH_MAX = 200;

function checkStatus(peer: Address, name: string, { status, body }: PeerAnswer): void {
  if (status === 200) return;
  const words = body.slice(0, SHOWN_LENGTH_MAX);
  throw new NacreError("PEER_REFUSED", `${peer} answers ${name} with ${status}: ${words}`);
}

// As Java writes it where it can: a colon stays, the brackets of IPv6 cannot.
function inQuery(address: Address): string {
  return encodeURIComponent(address).replaceAll("%3A", ":");
}
