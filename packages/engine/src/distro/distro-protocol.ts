import {
  type Address,
  type BeatMessage,
  type Beaten,
  type Checksums,
  type Clock,
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
  type Store,
  type SyncMessage,
  type Transport,
  type Version,
  type Versions,
} from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import { BeatRelay, type BeatRelayOptions } from "./beat-relay.ts";
import { DistroData } from "./distro-data.ts";
import type { ChangeOrigin, DistroDataOptions } from "./distro-data-options.ts";
import { JavaVerifier, type JavaVerifierOptions } from "./java-verifier.ts";
import { Loader, type LoaderOptions } from "./loader.ts";
import { pageOf, type PageLimits } from "./pages.ts";
import { PeerSync, type PeerSyncOptions } from "./peer-sync.ts";
import { PendingHandOvers, type PendingHandOversOptions } from "./pending-hand-overs.ts";
import { type ServiceSum, StatusExchange, type StatusExchangeOptions } from "./status-exchange.ts";
import { Verifier, type VerifierOptions } from "./verifier.ts";

/** What a {@link DistroProtocol} is built from. */
export interface DistroProtocolDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** Where the data rest; nobody else writes to it. */
  readonly store: Store;
  readonly versions: Versions;
  readonly transport: Transport;

  /** Who the peers are. Its `onChange` must call {@link DistroProtocol.regardMembers}. */
  readonly membership: Membership;

  /** The time in which beats are heard; asked for after the start only. */
  readonly livedNowMs: () => Millis;

  /** All services that this member serves; asked for after the start only. */
  readonly servicesOf: () => Iterable<ServiceSum>;
}

/** The limits of the parts of a {@link DistroProtocol}. */
export interface DistroProtocolOptions {
  /** Called once, when this member has loaded. Whoever is told calls `Membership.ready`. */
  readonly onLoaded?: () => void;
  readonly data?: Omit<DistroDataOptions, "onChange" | "isKept">;
  readonly sync?: PeerSyncOptions;
  readonly beats?: BeatRelayOptions;
  readonly handOvers?: PendingHandOversOptions;
  readonly verify?: VerifierOptions;
  readonly javaVerify?: JavaVerifierOptions;
  readonly status?: StatusExchangeOptions;
  readonly load?: Omit<LoaderOptions, "onLoaded">;
  readonly page?: PageLimits;

  /** How often members compare what they hold. @defaultValue 5_000 */
  readonly verifyIntervalMs?: Millis;

  /** How often Nacre peers are told of beats. @defaultValue 1_000 */
  readonly beatRelayIntervalMs?: Millis;
}

/** Something that a {@link DistroProtocol} does again and again, once somebody calls it. */
export interface DistroJob {
  readonly name: string;
  readonly intervalMs: Millis;

  /** Whether there is nothing to do for a member that runs alone. */
  readonly needsPeers: boolean;

  /** Does it once. Never waits for a peer. */
  readonly run: () => void;
}

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

  readonly #membership: Membership;
  readonly #page: PageLimits;
  #listener: DatumListener | undefined;

  constructor(dependencies: DistroProtocolDependencies, options: DistroProtocolOptions = {}) {
    const { membership } = dependencies;
    this.#membership = membership;
    this.#page = options.page ?? {};
    this.data = new DistroData(dependencies, {
      ...options.data,
      onChange: (key, origin) => this.#follow(key, origin),
      isKept: (key, instanceKey) => this.handOvers.isKept(key, instanceKey),
    });
    const shared = { ...dependencies, data: this.data };
    this.sync = new PeerSync(shared, options.sync);
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
    this.data.put(key, changes, acceptedAs);
    if (this.#membership.peers.length === 0) return;
    this.#noteHandOvers(key, changes);
    if (changes.some(isFlip)) this.statusExchange.noteFlip(key);
  }

  putValue(key: string, text: string | undefined): void {
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
    return this.#membership.onGreet();
  }

  onReport(report: MemberReport): boolean {
    return this.#membership.onReport(report);
  }

  onLeaving(from: Address): void {
    this.#membership.onLeaving(from);
  }

  onSync(from: Address, { data, values, relayTo }: SyncMessage): void {
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
