import type {
  Address,
  BeatMessage,
  Checksums,
  DatumCopy,
  DatumKey,
  DigestAnswer,
  DigestMessage,
  FetchAnswer,
  FetchRequest,
  Greeting,
  MemberReport,
  PeerHandler,
  ServiceStatus,
  SyncMessage,
} from "@nacre/core";

/** What a call of a peer to a {@link RecordingHandler} was. */
export interface HandledCall {
  readonly name: keyof PeerHandler;
  readonly from?: Address;
  readonly content?: unknown;
}

/** Keeps what peers call, and answers with what a test puts in. */
export class RecordingHandler implements PeerHandler {
  readonly calls: HandledCall[] = [];

  /** Thrown by every call but a greeting. */
  failure: Error | undefined;
  greeting: Greeting = { kind: "nacre", isReady: true };
  isMember = true;
  data: readonly DatumCopy[] = [];
  digestAnswer: DigestAnswer = { outcome: "agreed" };
  fetchAnswer: FetchAnswer = { data: [], values: [], cursor: undefined };

  onGreet(): Greeting {
    this.calls.push({ name: "onGreet" });
    return this.greeting;
  }

  onReport(report: MemberReport): boolean {
    this.#note({ name: "onReport", from: report.address, content: report });
    return this.isMember;
  }

  onSync(from: Address, message: SyncMessage): void {
    this.#note({ name: "onSync", from, content: message });
  }

  onBeats(from: Address, message: BeatMessage): void {
    this.#note({ name: "onBeats", from, content: message });
  }

  onDigest(from: Address, message: DigestMessage): DigestAnswer {
    this.#note({ name: "onDigest", from, content: message });
    return this.digestAnswer;
  }

  onFetch(from: Address, request: FetchRequest): FetchAnswer {
    this.#note({ name: "onFetch", from, content: request });
    return this.fetchAnswer;
  }

  onLeaving(from: Address): void {
    this.#note({ name: "onLeaving", from });
  }

  onPutData(data: readonly DatumCopy[]): void {
    this.#note({ name: "onPutData", content: data });
  }

  onChecksums(from: Address, checksums: Checksums): void {
    this.#note({ name: "onChecksums", from, content: checksums });
  }

  onQuery(keys: readonly DatumKey[]): readonly DatumCopy[] {
    this.#note({ name: "onQuery", content: keys });
    return this.data.filter(({ key }) => keys.includes(key));
  }

  onSnapshot(): Iterable<DatumCopy> {
    this.#note({ name: "onSnapshot" });
    return this.data;
  }

  onServiceStatus(from: Address, status: ServiceStatus): void {
    this.#note({ name: "onServiceStatus", from, content: status });
  }

  #note(call: HandledCall): void {
    if (this.failure !== undefined) throw this.failure;
    this.calls.push(call);
  }
}
