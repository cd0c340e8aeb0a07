import {
  type Address,
  type BeatMessage,
  type Beaten,
  type Checksums,
  type ConsistencyService,
  type Datum,
  type DatumCopy,
  type DatumKey,
  type DatumListener,
  type DigestAnswer,
  type DigestMessage,
  type FetchAnswer,
  type FetchRequest,
  type Greeting,
  type InstanceChange,
  type Logger,
  type MemberReport,
  type Millis,
  NacreError,
  parseDatumKey,
  type PeerHandler,
  type ServiceStatus,
  type SyncMessage,
  type Version,
} from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import { BeatRelay } from "./beat-relay.ts";
import { DistroData } from "./distro-data.ts";
import type { ChangeOrigin } from "./distro-data-options.ts";
import type {
  DistroJob,
  DistroProtocolDependencies,
  DistroProtocolOptions,
} from "./distro-protocol-options.ts";
import { JavaVerifier } from "./java-verifier.ts";
import { Loader } from "./loader.ts";
import { pageOf, type PageLimits } from "./pages.ts";
import { PeerSync } from "./peer-sync.ts";
import { PendingHandOvers } from "./pending-hand-overs.ts";
import { Standstill } from "./standstill.ts";
import { StatusExchange } from "./status-exchange.ts";
import { Verifier } from "./verifier.ts";

/**
 * Distro: the consistency service of a member, and what it answers its peers (`protocol.md`). What is
 * written here is done when `put` returns, and told to the peers behind that; what peers tell is
 * merged. Without peers nothing of that happens, and it is a map with a listener.
 *
 * Its parts are public for those who look: metrics, and the operator's view.
 */
export class DistroProtocol implements ConsistencyService, PeerHandler {
  readonly data: DistroData;
  readonly sync: PeerSync;
  readonly beats: BeatRelay;
  readonly handOvers: PendingHandOvers;
  readonly verifier: Verifier;
  readonly javaVerifier: JavaVerifier;
  readonly statusExchange: StatusExchange;
  readonly loader: Loader;

  /** What is to be done again and again; whoever starts this member runs them. */
  readonly jobs: readonly DistroJob[];

  readonly #logger: Logger;
  readonly #membership: Membership;
  readonly #page: PageLimits;
  readonly #standstill: Standstill;
  #listener: DatumListener | undefined;

  constructor(dependencies: DistroProtocolDependencies, options: DistroProtocolOptions = {}) {
    const { clock, logger, membership } = dependencies;
    this.#logger = logger;
    this.#membership = membership;
    this.#page = options.page ?? {};
    this.#standstill = new Standstill(
      { clock },
      {
        msMax: options.standstillMsMax ?? 300_000,
        onNoticed: (standstillMs) => this.#loadAnew(standstillMs),
      },
    );
    this.data = new DistroData(dependencies, {
      ...options.data,
      onChange: (key, origin) => this.#follow(key, origin),
      isKept: (key, instanceKey) => this.handOvers.isKept(key, instanceKey),
    });
    const shared = { ...dependencies, data: this.data };
    this.sync = new PeerSync({ ...shared, data: this.#toldData() }, options.sync);
    this.handOvers = new PendingHandOvers(shared, options.handOvers);
    this.beats = new BeatRelay(
      {
        ...dependencies,
        onBeat: (key, instanceKey, silenceMs) => {
          this.#listener?.onBeat(key, instanceKey, silenceMs);
        },
      },
      options.beats,
    );
    this.verifier = new Verifier({ ...shared, sync: this.sync }, options.verify);
    this.javaVerifier = new JavaVerifier(shared, options.javaVerify);
    this.statusExchange = new StatusExchange(shared, options.status);
    const onLoaded = options.onLoaded ?? ((): void => undefined);
    this.loader = new Loader(shared, { ...options.load, onLoaded });
    this.jobs = this.#jobs(options);
  }

  // What waited while this member stood still must not be told before that is noticed.
  #toldData(): Pick<DistroData, "copyOf" | "valueOf"> {
    const { data } = this;
    const looked = (): DistroData => {
      this.noticeStandstill();
      return data;
    };
    return { copyOf: (key) => looked().copyOf(key), valueOf: (key) => looked().valueOf(key) };
  }

  #jobs({
    verifyIntervalMs = 5_000,
    beatRelayIntervalMs = 1_000,
  }: DistroProtocolOptions): readonly DistroJob[] {
    const verifyMs = verifyIntervalMs;
    return [
      jobWithPeers("verify", verifyMs, () => this.verifier.verify()),
      jobWithPeers("verify-java", verifyMs, () => this.javaVerifier.verify()),
      jobWithPeers("send-status", 5_000, () => this.statusExchange.send()),
      jobWithPeers("relay-beats", beatRelayIntervalMs, () => this.beats.flush()),
      jobWithPeers("hand-over", 2_000, () => this.handOvers.handOver()),
      jobWithPeers("notice-standstill", 1_000, () => this.noticeStandstill()),
      {
        name: "forget-gone",
        intervalMs: 60_000,
        needsPeers: false,
        run: () => this.data.forgetOldGone(),
      },
    ];
  }

  /** Begins to load, and to tell peers of what changes. */
  start(): void {
    this.noticeStandstill();
    this.sync.start();
    this.loader.start();
  }

  /** Calls no peer any more. Final; may be called again. */
  stop(): void {
    this.loader.stop();
    this.sync.stop();
    this.handOvers.stop();
    this.verifier.stop();
    this.javaVerifier.stop();
    this.statusExchange.stop();
  }

  /**
   * Tells peers what they have not heard yet, and then that this member is about to stop. Never rejects;
   * takes no longer than the transport does.
   */
  async leave(): Promise<void> {
    await Promise.all([this.sync.flush(), this.beats.drain()]);
    await this.#membership.leave();
  }

  /**
   * Looks whether this process has just stood still for so long that it must load anew. Cheap: to be
   * called before anything is answered from what was known before.
   */
  noticeStandstill(): void {
    this.#standstill.look();
  }

  /** The members changed: to be called by `Membership.onChange`. */
  regardMembers(): void {
    this.sync.regardMembers();
    this.beats.regardMembers();
    this.handOvers.handOver();
  }

  // What clients of this member do.

  listen(listener: DatumListener): void {
    this.data.listen(listener);
    this.#listener = listener;
  }

  get(key: DatumKey): Datum | undefined {
    return this.data.get(key);
  }

  put(key: DatumKey, changes: readonly InstanceChange[], acceptedAs?: Version): void {
    this.noticeStandstill();
    this.data.put(key, changes, acceptedAs);
    if (this.#membership.peers.length === 0) return;
    this.#noteHandOvers(key, changes);
    if (changes.some(isFlip)) this.statusExchange.noteFlip(key);
  }

  putValue(key: string, text: string | undefined): void {
    this.noticeStandstill();
    this.data.putValue(key, text);
  }

  remove(key: DatumKey): void {
    this.data.remove(key);
  }

  /** Lets Nacre peers hear of a beat that was heard here. Hot. */
  noteBeat(beaten: Beaten): void {
    this.beats.note(beaten);
  }

  // What Nacre peers ask and tell.

  onGreet(): Greeting {
    this.noticeStandstill();
    return this.#membership.onGreet();
  }

  onReport(report: MemberReport): boolean {
    return this.#membership.onReport(report);
  }

  onLeaving(from: Address): void {
    this.#membership.onLeaving(from);
  }

  onSync(from: Address, { data, values, relayTo }: SyncMessage): void {
    this.noticeStandstill();
    const others = relayTo.filter((peer) => peer !== from);
    for (const copy of data) {
      const { peerLacks } = this.data.merge(copy, "synced", `from ${from}`);
      if (peerLacks) this.sync.add(copy.key, [from]);
      this.sync.relay(copy.key, others);
    }
    for (const value of values) {
      if (this.data.mergeValue(value).peerLacks) this.sync.add(value.key, [from]);
      this.sync.relay(value.key, others);
    }
  }

  onBeats(from: Address, message: BeatMessage): void {
    this.beats.onBeats(from, message);
  }

  onDigest(from: Address, message: DigestMessage): DigestAnswer {
    this.#refuseBeforeLoaded();
    return this.verifier.onDigest(from, message);
  }

  onFetch(from: Address, request: FetchRequest): FetchAnswer {
    this.#refuseBeforeLoaded();
    // Who begins to load gets all that waited for it, and from others what is theirs.
    if ("cursor" in request && request.cursor === "") this.sync.forgetWaiting(from);
    return pageOf(this.data, this.#membership, request, this.#page);
  }

  // What Java peers ask and tell.

  onPutData(data: readonly DatumCopy[]): void {
    this.noticeStandstill();
    for (const copy of data) this.#takeFromJava(copy);
  }

  onChecksums(from: Address, checksums: Checksums): void {
    this.javaVerifier.onChecksums(from, checksums);
  }

  onServiceStatus(from: Address, status: ServiceStatus): void {
    this.javaVerifier.noteSign(from);
    this.statusExchange.onServiceStatus(from, status);
  }

  onQuery(keys: readonly DatumKey[]): readonly DatumCopy[] {
    this.#refuseBeforeLoaded();
    return keys.flatMap((key) => this.data.copyOf(key) ?? []);
  }

  onSnapshot(): Iterable<DatumCopy> {
    this.#refuseBeforeLoaded();
    return this.#copies();
  }

  *#copies(): Iterable<DatumCopy> {
    for (const key of this.data.keys()) {
      const copy = this.data.copyOf(key);
      if (copy !== undefined) yield copy;
    }
  }

  // The sender does not say who it is. When the service is that of a Java peer it is taken for that one:
  // no other should send. When not, its view is old, and what it does not know is not gone.
  #takeFromJava(copy: DatumCopy): void {
    const { groupedServiceName } = parseDatumKey(copy.key);
    const responsible = this.#membership.memberFor(groupedServiceName);
    if (this.#membership.member(responsible)?.kind === "java") {
      this.data.takeFromResponsible(copy, "synced", `from ${responsible}`);
      return;
    }
    const { peerLacks } = this.data.takeFromOther(copy, "synced", "from a Java peer");
    if (peerLacks && this.#membership.isResponsible(groupedServiceName)) this.sync.add(copy.key);
  }

  // Peers may have removed meanwhile what is held here, and remember that no more. Told by this member,
  // it would come back everywhere.
  #loadAnew(standstillMs: Millis): void {
    if (this.#membership.peers.length === 0) return;
    const seconds = Math.round(standstillMs / 1_000);
    this.#logger.warn({ seconds }, "stood still for long, this member loads anew");
    this.loader.reload();
    this.handOvers.clear();
    this.#membership.unready();
  }

  // What arrives from a peer, its origin tells everybody.
  #follow(key: string, origin: ChangeOrigin): void {
    if (origin === "self") this.sync.add(key);
  }

  // A Java peer hears of a write only when a client's call is repeated to it.
  #noteHandOvers(key: DatumKey, changes: readonly InstanceChange[]): void {
    const responsible = this.#membership.memberFor(parseDatumKey(key).groupedServiceName);
    const { kind } = this.#membership.member(responsible) ?? {};
    if (responsible === this.#membership.self || kind === "nacre") return;
    for (const { before, after } of changes) {
      const instance = after ?? before;
      if (instance !== undefined) this.handOvers.note(responsible, key, instance);
    }
  }

  // Peers would take what is missing here for removed (`distro.md` 11.3).
  #refuseBeforeLoaded(): void {
    this.noticeStandstill();
    if (this.loader.isLoaded) return;
    throw new NacreError("STARTING", `${this.#membership.self} has not loaded yet`);
  }
}

function jobWithPeers(name: string, intervalMs: Millis, run: () => void): DistroJob {
  return { name, intervalMs, needsPeers: true, run };
}

function isFlip({ before, after }: InstanceChange): boolean {
  return before !== undefined && after !== undefined && before.healthy !== after.healthy;
}
