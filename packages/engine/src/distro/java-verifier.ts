import {
  type Address,
  beatTimingsOf,
  type Checksums,
  type Clock,
  type Datum,
  type DatumCopy,
  type DatumKey,
  type InstanceCopy,
  type Logger,
  type Millis,
  parseDatumKey,
  type Transport,
} from "@nacre/core";
import { compareChecksums, isToldBy } from "./checksum-comparison.ts";
import { Convergence, type PeerConvergence } from "./convergence.ts";
import { IllPeers } from "./ill-peers.ts";
import { PeerJobs } from "./peer-jobs.ts";
import { isServing, type RepairData, type RepairMembers } from "./repair-ports.ts";
import { nextSuspicions, noSuspicions, type Suspicions } from "./suspicions.ts";

/** What a {@link JavaVerifier} is built from. */
export interface JavaVerifierDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Transport;
  readonly data: RepairData;
  readonly membership: RepairMembers;
}

/** The limits of a {@link JavaVerifier}. */
export interface JavaVerifierOptions {
  /**
   * How many keys one query names at most.
   *
   * @defaultValue 500
   */
  readonly queryKeysMax?: number;

  /**
   * How far apart the reports of a member are. After the members that count have changed, it takes as
   * many reports as there are peers until all have seen it.
   *
   * @defaultValue 2_000
   */
  readonly reportIntervalMs?: Millis;

  /**
   * How many rounds in a row are left out at most because the members that count keep changing.
   *
   * @defaultValue 6
   */
  readonly unsettledRoundsMax?: number;

  /**
   * How long a peer must go without a key at least before the second round confirms that.
   *
   * @defaultValue 4_000
   */
  readonly confirmAfterMs?: Millis;

  /**
   * How long a Java peer may tell nothing of services it is responsible for without being called ill.
   *
   * @defaultValue 20_000
   */
  readonly illAfterMs?: Millis;
}

const defaults: Required<JavaVerifierOptions> = {
  queryKeysMax: 500,
  reportIntervalMs: 2_000,
  unsettledRoundsMax: 6,
  confirmAfterMs: 4_000,
  illAfterMs: 20_000,
};

/**
 * Agrees with Java peers by checksums (`distro.md` 4.3, 5.4): tells them the sums of all that this
 * member is responsible for, and takes from them what differs of what they are responsible for.
 *
 * A map that lacks a key makes a Java peer drop it. So nothing is told before this member has loaded,
 * nor while members may differ about who is responsible, nor when it leaves. In the other direction a missing key is only
 * a suspicion: see {@link nextSuspicions}.
 */
export class JavaVerifier {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: Transport;
  readonly #data: RepairData;
  readonly #membership: RepairMembers;
  readonly #options: Required<JavaVerifierOptions>;
  readonly #convergence: Convergence;
  readonly #illPeers: IllPeers;
  readonly #sending: PeerJobs<Checksums>;
  readonly #comparing: PeerJobs<Checksums>;
  readonly #suspicions = new Map<Address, Suspicions>();
  #view: string | undefined;
  #viewSinceMs: Millis = 0;
  #unsettledRounds = 0;
  #skippedCount = 0;
  #removedCount = 0;

  constructor(dependencies: JavaVerifierDependencies, options: JavaVerifierOptions = {}) {
    const { clock, logger, transport, data, membership } = dependencies;
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = transport;
    this.#data = data;
    this.#membership = membership;
    this.#options = { ...defaults, ...options };
    this.#convergence = new Convergence({ clock, logger });
    const { illAfterMs } = this.#options;
    this.#illPeers = new IllPeers(
      { clock, logger, convergence: this.#convergence },
      { illAfterMs },
    );
    this.#sending = new PeerJobs<Checksums>(
      { logger, membership },
      { name: "send checksums", work: (peer, sums) => transport.putChecksums(peer, sums) },
    );
    this.#comparing = new PeerJobs<Checksums>(
      { logger, membership },
      { name: "compare checksums", work: (peer, sums) => this.#compare(peer, sums) },
    );
  }

  /** How often a peer was told nothing since it had not answered the time before. */
  get skippedCount(): number {
    return this.#skippedCount;
  }

  /** How many maps of peers were replaced by newer ones before they were looked at. */
  get replacedCount(): number {
    return this.#comparing.mergedCount;
  }

  /** How many data were emptied since the responsible peer holds them no more. */
  get removedCount(): number {
    return this.#removedCount;
  }

  /** What the checksums of a peer have told, and whether it still sends any. */
  statusOf(peer: Address): PeerConvergence {
    return this.#convergence.statusOf(peer);
  }

  /** Tells every Java peer all checksums, also when there are none; waits for none. Every 5 s. */
  verify(): void {
    const { peers } = this.#membership;
    this.#forgetOthersThan(peers.map(({ address }) => address));
    if (!isServing(this.#membership)) return;
    const javaPeers = peers.filter(({ kind }) => kind === "java");
    if (javaPeers.length === 0) return this.#illPeers.watch(new Set());
    const { checksums, responsible } = this.#ownChecksums();
    const watched = javaPeers.filter(({ state, address }) => {
      return state === "UP" && responsible.has(address);
    });
    this.#illPeers.watch(new Set(watched.map(({ address }) => address)));
    if (!this.#isSettled()) return;
    for (const { address } of javaPeers) {
      // What waits grows old, and an old map lacks the newest keys: the peer would drop them.
      if (this.#sending.isBusy(address)) this.#skippedCount++;
      else this.#sending.add(address, checksums);
    }
  }

  /**
   * Takes the checksums of all that a Java peer is responsible for, and returns at once. Work on them
   * begins behind the answer; of maps that come while it goes on, the newest is next.
   */
  onChecksums(from: Address, checksums: Checksums): void {
    this.noteSign(from);
    this.#comparing.add(from, checksums);
  }

  /** Notes that a Java peer has told of its services in another way: by their status. */
  noteSign(from: Address): void {
    this.#illPeers.noteSign(from);
  }

  /** Begins nothing any more, and takes nothing over from what is under way. */
  stop(): void {
    this.#sending.stop();
    this.#comparing.stop();
  }

  /** What to tell; and who is responsible for the rest of what is held here. */
  #ownChecksums(): { checksums: Checksums; responsible: ReadonlySet<Address> } {
    const checksums = new Map<DatumKey, string>();
    const responsible = new Set<Address>();
    for (const key of this.#data.keys()) {
      const { groupedServiceName } = parseDatumKey(key);
      if (!this.#membership.isResponsible(groupedServiceName)) {
        responsible.add(this.#membership.memberFor(groupedServiceName));
        continue;
      }
      const checksum = this.#checksumOf(key);
      if (checksum !== undefined) checksums.set(key, checksum);
    }
    return { checksums, responsible };
  }

  // One datum that cannot be summed must not silence all others, as it does with Java.
  #checksumOf(datumKey: DatumKey): string | undefined {
    try {
      return this.#data.checksumOf(datumKey);
    } catch (error) {
      this.#logger.warn({ datumKey, err: error }, "a datum has no checksum, peers are not told it");
      return undefined;
    }
  }

  #isSettled(): boolean {
    const nowMs = this.#clock.nowMs();
    const view = this.#viewNow();
    if (view !== this.#view) {
      this.#view = view;
      this.#viewSinceMs = nowMs;
    }
    const { reportIntervalMs, unsettledRoundsMax } = this.#options;
    const isSettled = nowMs - this.#viewSinceMs >= reportIntervalMs * this.#membership.peers.length;
    this.#unsettledRounds = isSettled ? 0 : this.#unsettledRounds + 1;
    return isSettled || this.#unsettledRounds > unsettledRoundsMax;
  }

  async #compare(from: Address, checksums: Checksums): Promise<void> {
    if (this.#isOver()) return;
    const view = this.#viewNow();
    const before = this.#suspicions.get(from) ?? noSuspicions;
    // A round that does not come to its end confirms nothing.
    this.#suspicions.delete(from);
    const input = { from, checksums, data: this.#data, membership: this.#membership };
    const { differing, missing } = compareChecksums(input);
    const asked = [...differing, ...missing.keys()];
    this.#convergence.note(from, asked);
    const answered = await this.#query(from, asked);
    if (this.#isOver() || view !== this.#viewNow()) return;
    const absent = [...missing].filter(([key, datum]) => {
      return !answered.has(key) && this.#data.get(key) === datum && !this.#beats(key);
    });
    const round = nextSuspicions({
      before,
      view,
      absent: new Map<DatumKey, Datum>(absent),
      nowMs: this.#clock.nowMs(),
      confirmAfterMs: this.#options.confirmAfterMs,
    });
    this.#suspicions.set(from, round.suspicions);
    for (const key of round.confirmed) this.#empty(key, from);
  }

  /** Takes over what the peer has of these keys. @returns the keys of which it has something */
  async #query(from: Address, keys: readonly DatumKey[]): Promise<ReadonlySet<DatumKey>> {
    const { queryKeysMax } = this.#options;
    const answered = new Set<DatumKey>();
    for (let at = 0; at < keys.length; at += queryKeysMax) {
      const batch = new Set(keys.slice(at, at + queryKeysMax));
      const copies = await this.#transport.queryData(from, [...batch]);
      if (this.#isOver()) break;
      for (const copy of copies.filter(({ key }) => batch.has(key))) {
        answered.add(copy.key);
        this.#take(copy, from, `from ${from}`);
      }
    }
    return answered;
  }

  #empty(key: DatumKey, from: Address): void {
    this.#removedCount++;
    this.#logger.debug({ datumKey: key, peer: from }, "the responsible peer holds a datum no more");
    this.#take({ key, instances: [], gone: [] }, from, `${from} holds it no more`);
  }

  // Who is responsible may have changed while the answer was on its way. What is kept here although
  // the peer does not have it will be handed over to it: a Java peer takes no list of others.
  #take(copy: DatumCopy, from: Address, detail: string): void {
    if (!isToldBy(from, copy.key, { membership: this.#membership })) return;
    this.#data.takeFromResponsible(copy, "verified", detail);
  }

  #beats(key: DatumKey): boolean {
    return this.#data.copyOf(key)?.instances.some(isBeating) === true;
  }

  #viewNow(): string {
    return this.#membership.mapper.addresses.join(",");
  }

  #isOver(): boolean {
    return this.#comparing.isStopped || !isServing(this.#membership);
  }

  #forgetOthersThan(peers: readonly Address[]): void {
    this.#convergence.retain(peers);
    const view = this.#viewNow();
    for (const [peer, suspicions] of this.#suspicions) {
      if (!peers.includes(peer) || suspicions.view !== view) this.#suspicions.delete(peer);
    }
  }
}

// As long as half of the time-out has not passed, a claim that it is silent is wrong.
function isBeating({ instance, silenceMs }: InstanceCopy): boolean {
  return silenceMs !== undefined && silenceMs < beatTimingsOf(instance.metadata).timeoutMs / 2;
}
