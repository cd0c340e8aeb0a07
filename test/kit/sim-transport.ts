import {
  type Address,
  type BeatMessage,
  type Checksums,
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
  type PeerHandler,
  type ReportAnswer,
  type ServiceStatus,
  type SyncMessage,
  type Transport,
} from "@nacre/core";
import type { MemberClock } from "./sim-clock.ts";
import type { SimCall, SimNetwork } from "./sim-network.ts";

/** How long each kind of call may take, as over HTTP; milliseconds. */
const callMs = { usual: 2_000, query: 5_000, load: 10_000 } as const;

/** The port of one process to the simulated network. */
export class SimTransport implements Transport {
  readonly #clock: MemberClock;
  readonly #network: SimNetwork;
  readonly #self: Address;

  constructor(
    { clock, network }: { readonly clock: MemberClock; readonly network: SimNetwork },
    self: Address,
  ) {
    this.#clock = clock;
    this.#network = network;
    this.#self = self;
  }

  greet(peer: Address): Promise<Greeting> {
    return this.#call(peer, "greet", undefined);
  }

  report(peer: Address, report: MemberReport): Promise<ReportAnswer> {
    return this.#call(peer, "report", report);
  }

  sync(peer: Address, message: SyncMessage): Promise<void> {
    return this.#call(peer, "sync", message);
  }

  beats(peer: Address, message: BeatMessage): Promise<void> {
    return this.#call(peer, "beats", message);
  }

  digest(peer: Address, message: DigestMessage): Promise<DigestAnswer> {
    return this.#call(peer, "digest", message);
  }

  fetch(peer: Address, request: FetchRequest): Promise<FetchAnswer> {
    return this.#call(peer, "fetch", request, callMs.load);
  }

  leaving(peer: Address): Promise<void> {
    return this.#call(peer, "leaving", undefined);
  }

  putData(peer: Address, data: readonly DatumCopy[]): Promise<void> {
    return this.#call(peer, "putData", data);
  }

  putChecksums(peer: Address, checksums: Checksums): Promise<void> {
    return this.#call(peer, "putChecksums", checksums);
  }

  queryData(peer: Address, keys: readonly DatumKey[]): Promise<readonly DatumCopy[]> {
    return this.#call(peer, "queryData", keys, callMs.query);
  }

  snapshot(peer: Address): Promise<readonly DatumCopy[]> {
    return this.#call(peer, "snapshot", undefined, callMs.load);
  }

  serviceStatus(peer: Address, status: ServiceStatus): Promise<void> {
    return this.#call(peer, "serviceStatus", status);
  }

  statuses(peer: Address, key: DatumKey): Promise<ReadonlyMap<string, boolean>> {
    return this.#call(peer, "statuses", key);
  }

  handOver(peer: Address, write: HandOver): Promise<void> {
    return this.#call(peer, "handOver", write);
  }

  #call<Answer>(
    to: Address,
    kind: keyof Transport,
    body: unknown,
    timeoutMs: Millis = callMs.usual,
  ): Promise<Answer> {
    const call: SimCall = { from: this.#self, to, kind, body };
    return this.#network.call(this.#clock, call, timeoutMs) as Promise<Answer>;
  }
}

/** Hands a call of a peer to the {@link PeerHandler} of a Nacre member, as the routes over HTTP do. */
export function handleCall(
  { kind, from, body }: SimCall,
  handler: PeerHandler,
  isMember: (address: Address) => boolean,
): unknown {
  if (kind === "report") return onReport(body as MemberReport, handler);
  if (!isMember(from)) throw new NacreError("STRANGER", `${from} is no member`);
  switch (kind) {
    case "greet":
      return handler.onGreet();
    case "sync":
      return handler.onSync(from, body as SyncMessage);
    case "beats":
      return handler.onBeats(from, body as BeatMessage);
    case "digest":
      return handler.onDigest(from, body as DigestMessage);
    case "fetch":
      return handler.onFetch(from, body as FetchRequest);
    case "leaving":
      return handler.onLeaving(from);
    case "putData":
      return handler.onPutData(body as readonly DatumCopy[]);
    case "putChecksums":
      return handler.onChecksums(from, body as Checksums);
    case "queryData":
      return handler.onQuery(body as readonly DatumKey[]);
    case "snapshot":
      return [...handler.onSnapshot()];
    case "serviceStatus":
      return handler.onServiceStatus(from, body as ServiceStatus);
    default:
      throw new NacreError("PEER_REFUSED", `no such api: ${kind}`);
  }
}

// A member that does not serve yet answers "not yet", which no reporter counts in or out.
function onReport(report: MemberReport, handler: PeerHandler): ReportAnswer {
  const greeting = handler.onGreet();
  try {
    handler.onReport(report);
  } catch (error) {
    if (!(error instanceof NacreError) || error.code !== "STARTING") throw error;
    return { code: 501, greeting };
  }
  return { code: 200, greeting };
}
