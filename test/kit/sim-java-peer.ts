import {
  type Address,
  type Checksums,
  type DatumCopy,
  type DatumKey,
  datumKey,
  DistroMapper,
  type HandOver,
  type MemberReport,
  type Millis,
  NacreError,
  parseDatumKey,
  type ReportAnswer,
  type ServiceStatus,
} from "@nacre/core";
import type { MemberClock } from "./sim-clock.ts";
import { SimJavaStore } from "./sim-java-store.ts";
import type { SimCall, SimEndpoint, SimNetwork } from "./sim-network.ts";
import { NAMESPACE, type SimAnswer, type SimForward, type SimWrite } from "./sim-write.ts";

/** What is true of a {@link SimJavaPeer}. */
export interface SimJavaPeerOptions {
  readonly self: Address;

  /** All members as listed, self included. */
  readonly addresses: readonly Address[];
}

interface Peer {
  state: "UP" | "SUSPICIOUS" | "DOWN";
  failAccessCnt: number;
}

const CALL_MS: Millis = 10_000;
const FORWARD_MS: Millis = 2_000;
const REPORT_MS: Millis = 2_500;
const SYNC_DELAY_MS: Millis = 2_000;
const RETRY_MS: Millis = 6_000;
const FAIL_ACCESS_CNT_MAX = 3;

/**
 * A member that does as Nacos 1.4.1 does, weaknesses included, written from `docs/spec/distro.md`: full
 * checksum maps every 5 s and none when it is responsible for nothing, whole lists after 2 s, first
 * peer's snapshot at start, instances dropped that the responsible member does not name, expiry by a last
 * beat that is as old as the last transfer. It knows none of the calls of Nacre members.
 */
export class SimJavaPeer implements SimEndpoint {
  readonly clock: MemberClock;
  readonly store: SimJavaStore = new SimJavaStore();
  readonly #network: SimNetwork;
  readonly #self: Address;
  readonly #peers = new Map<Address, Peer>();
  readonly #pending = new Map<Address, Set<DatumKey>>();
  readonly #senders = new Set<Address>();
  #mapper: DistroMapper;
  #cursor = 0;

  constructor(
    { clock, network }: { readonly clock: MemberClock; readonly network: SimNetwork },
    { self, addresses }: SimJavaPeerOptions,
  ) {
    this.clock = clock;
    this.#network = network;
    this.#self = self;
    for (const address of addresses.toSorted()) {
      if (address !== self) this.#peers.set(address, { state: "UP", failAccessCnt: 0 });
    }
    this.#mapper = this.#newMapper();
  }

  /** Listens, loads, and does from now on what a member does on its own. */
  start(): void {
    this.#network.attach(this.#self, this);
    void this.#load();
    this.#every(2_000, 5_000, () => this.#report());
    this.#every(5_000, 5_000, () => this.#verify());
    this.#every(5_000, 5_000, () => this.#expire());
    this.#every(5_000, 60_000, () => this.#sendStatuses());
  }

  /** Ends the process. */
  kill(): void {
    this.clock.stop();
    this.#network.detach(this.#self);
  }

  /** Changes the list: everybody in it is up (`distro.md` 6.4). */
  setAddresses(addresses: readonly Address[]): void {
    this.#peers.clear();
    for (const address of addresses.toSorted()) {
      if (address !== this.#self) this.#peers.set(address, { state: "UP", failAccessCnt: 0 });
    }
    this.#mapper = this.#newMapper();
  }

  /** The member that this one thinks is responsible for a service. */
  responsibleFor(serviceName: string): Address {
    return this.#mapper.memberFor(serviceName);
  }

  answer({ kind, from, body }: SimCall): unknown {
    switch (kind) {
      case "greet":
        return { kind: "java", isReady: true };
      case "report":
        return this.#onReport(body as MemberReport);
      case "putData":
        return this.store.take(body as readonly DatumCopy[], this.clock.epochMs());
      case "putChecksums":
        return this.#onChecksums(from, body as Checksums);
      case "queryData":
        return this.store.copiesOf(body as readonly DatumKey[], this.clock.epochMs());
      case "snapshot":
        return this.store.copiesOf(this.store.keys, this.clock.epochMs());
      case "serviceStatus":
        return this.#onServiceStatus(from, body as ServiceStatus);
      case "statuses":
        return this.#statuses(body as DatumKey);
      case "handOver":
        return this.#onHandOver(body as HandOver);
      case "forward":
        return this.#decideForPeer((body as SimForward).write);
      case "write":
        return this.#onWrite(body as SimWrite);
      default:
        throw new NacreError("PEER_REFUSED", `no such api: ${kind}`);
    }
  }

  // Members (`distro.md` 6).

  #report(): void {
    const addresses = [...this.#peers.keys()];
    if (addresses.length === 0) return;
    this.#cursor = (this.#cursor + 1) % addresses.length;
    const address = addresses[this.#cursor] as Address;
    const [ip = "", port = "0"] = this.#self.split(":");
    const extendInfo = { raftPort: String(Number(port) - 1_000), version: "1.4.1" };
    const report: MemberReport = {
      ip,
      port: Number(port),
      state: "UP",
      extendInfo,
      address: this.#self,
      failAccessCnt: 0,
    };
    void this.#call<ReportAnswer>(address, "report", report, REPORT_MS).then(
      ({ code }) => {
        if (code === 0 || code === 200) this.#regard(address, "UP", 0);
        else if (code !== 404 && code !== 501) this.#fail(address, false);
      },
      (error: unknown) => this.#fail(address, isRefused(error)),
    );
  }

  #onReport({ address }: MemberReport): ReportAnswer {
    const peer = this.#peers.get(address);
    if (peer !== undefined) this.#regard(address, "UP", peer.failAccessCnt);
    return { code: 200, greeting: undefined };
  }

  #fail(address: Address, wasRefused: boolean): void {
    const failAccessCnt = (this.#peers.get(address)?.failAccessCnt ?? 0) + 1;
    const isDown = wasRefused || failAccessCnt > FAIL_ACCESS_CNT_MAX;
    this.#regard(address, isDown ? "DOWN" : "SUSPICIOUS", failAccessCnt);
  }

  #regard(address: Address, state: Peer["state"], failAccessCnt: number): void {
    if (!this.#peers.has(address)) return;
    this.#peers.set(address, { state, failAccessCnt });
    this.#mapper = this.#newMapper();
  }

  #newMapper(): DistroMapper {
    const counted = [...this.#peers].filter(([, { state }]) => state !== "DOWN");
    const addresses = [this.#self, ...counted.map(([address]) => address)];
    return new DistroMapper({ self: this.#self, addresses });
  }

  // Data (`distro.md` 4 and 5).

  async #load(): Promise<void> {
    for (const address of this.#peers.keys()) {
      try {
        const data = await this.#call<readonly DatumCopy[]>(address, "snapshot", undefined);
        this.store.take(data, this.clock.epochMs());
        return;
      } catch (error) {
        rethrowUnlessExpected(error);
      }
    }
    this.clock.schedule(30_000, () => void this.#load());
  }

  #verify(): void {
    const checksums = this.store.checksums(this.#mapper);
    if (checksums.size > 0) this.#tellAll("putChecksums", checksums);
  }

  #onChecksums(from: Address, checksums: Checksums): void | Promise<void> {
    if (this.#senders.has(from)) return;
    const differing: DatumKey[] = [];
    for (const [key, sum] of checksums) {
      // One key of ours, and nothing of the map is used.
      if (this.#mapper.isResponsible(parseDatumKey(key).groupedServiceName)) return;
      if (this.store.checksumOf(key) !== sum) differing.push(key);
    }
    for (const key of this.store.keys) {
      const responsible = this.#mapper.memberFor(parseDatumKey(key).groupedServiceName);
      if (responsible === from && !checksums.has(key)) this.store.remove(key);
    }
    if (differing.length > 0) return this.#fetch(from, differing);
  }

  async #fetch(from: Address, keys: readonly DatumKey[]): Promise<void> {
    this.#senders.add(from);
    try {
      const data = await this.#call<readonly DatumCopy[]>(from, "queryData", keys);
      this.store.take(data, this.clock.epochMs());
    } catch (error) {
      rethrowUnlessExpected(error);
    }
    this.#senders.delete(from);
  }

  #sync(key: DatumKey): void {
    for (const address of this.#peers.keys()) this.#syncLater(address, key, SYNC_DELAY_MS);
  }

  #syncLater(address: Address, key: DatumKey, delayMs: Millis): void {
    const pending = this.#pending.get(address);
    if (pending !== undefined) {
      pending.add(key);
      return;
    }
    this.#pending.set(address, new Set([key]));
    this.clock.schedule(delayMs, () => void this.#sendPending(address));
  }

  async #sendPending(address: Address): Promise<void> {
    const keys = this.#pending.get(address) ?? new Set();
    this.#pending.delete(address);
    const data = this.store.copiesOf(keys, this.clock.epochMs());
    if (data.length === 0 || !this.#peers.has(address)) return;
    try {
      await this.#call(address, "putData", data);
    } catch (error) {
      rethrowUnlessExpected(error);
      for (const key of keys) this.#syncLater(address, key, RETRY_MS);
    }
  }

  // Health (`distro.md` 7).

  #expire(): void {
    for (const key of this.store.expire(this.#mapper, this.clock.epochMs())) this.#sync(key);
  }

  #sendStatuses(): void {
    const status: ServiceStatus = {
      namespaceId: NAMESPACE,
      checksums: this.store.statuses(this.#mapper),
    };
    this.#tellAll("serviceStatus", status);
  }

  #onServiceStatus(from: Address, { checksums }: ServiceStatus): void {
    if (!this.#peers.has(from)) throw new NacreError("STRANGER", `${from} is no member`);
    for (const [serviceName, sum] of checksums) {
      const key = datumKey(NAMESPACE, serviceName);
      const isOther = this.store.serviceChecksumOf(key) !== sum;
      if (isOther && this.store.keys.includes(key)) void this.#askStatuses(from, key);
    }
  }

  async #askStatuses(from: Address, key: DatumKey): Promise<void> {
    try {
      this.store.takeStatuses(key, await this.#call(from, "statuses", key));
    } catch (error) {
      rethrowUnlessExpected(error);
    }
  }

  #statuses(key: DatumKey): ReadonlyMap<string, boolean> {
    return new Map(
      this.store.instancesOf(key).map(({ ip, port, healthy }) => [`${ip}:${port}`, healthy]),
    );
  }

  // Writes of clients (`distro.md` 2.6).

  #onWrite(write: SimWrite): SimAnswer | Promise<SimAnswer> {
    const { serviceName } = write.subject;
    if (this.#mapper.isResponsible(serviceName)) return this.#decide(write);
    // A peer's failure is the client's answer: nothing is retried elsewhere.
    const responsible = this.#mapper.memberFor(serviceName);
    const forward: SimForward = { write, acceptedAs: undefined };
    return this.#call<SimAnswer>(responsible, "forward", forward, FORWARD_MS);
  }

  #decideForPeer(write: SimWrite): SimAnswer {
    if (this.#mapper.isResponsible(write.subject.serviceName)) return this.#decide(write);
    throw new NacreError("NOT_RESPONSIBLE", "receive invalid redirect request from peer");
  }

  #decide({ kind, subject }: SimWrite): SimAnswer {
    const epochMs = this.clock.epochMs();
    const key = datumKey(NAMESPACE, subject.serviceName);
    const decided = { decidedBy: this.#self, atMs: this.#network.clock.nowMs };
    if (kind === "deregister") {
      if (this.store.deregister(subject)) this.#sync(key);
      return { isKnown: true, ...decided };
    }
    if (kind !== "register" && this.store.beat(subject, epochMs))
      return { isKnown: true, ...decided };
    if (kind === "light beat") return { isKnown: false, ...decided };
    if (this.store.register(subject, epochMs)) this.#sync(key);
    return { isKnown: true, ...decided };
  }

  #onHandOver({ key, instance, kind }: HandOver): void {
    const { groupedServiceName: serviceName } = parseDatumKey(key);
    const { ip, port } = instance;
    this.#decideForPeer({ kind, subject: { serviceName, ip, port } });
  }

  #tellAll(kind: string, body: unknown): void {
    for (const address of this.#peers.keys()) {
      void this.#call(address, kind, body).catch(rethrowUnlessExpected);
    }
  }

  #call<Answer>(
    to: Address,
    kind: string,
    body: unknown,
    timeoutMs: Millis = CALL_MS,
  ): Promise<Answer> {
    const call: SimCall = { from: this.#self, to, kind, body };
    return this.#network.call(this.clock, call, timeoutMs) as Promise<Answer>;
  }

  #every(intervalMs: Millis, firstMs: Millis, run: () => void): void {
    const again = (): void => {
      run();
      this.clock.schedule(intervalMs, again);
    };
    this.clock.schedule(firstMs, again);
  }
}

// A Java member logs what fails and goes on.
function rethrowUnlessExpected(error: unknown): void {
  if (!(error instanceof NacreError)) throw error;
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof NacreError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
