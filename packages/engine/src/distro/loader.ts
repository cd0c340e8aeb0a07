import assert from "node:assert/strict";
import type {
  Address,
  Cancel,
  Clock,
  DatumCopy,
  FetchAnswer,
  Logger,
  Millis,
  Transport,
} from "@nacre/core";
import { NacreError } from "@nacre/core";
import { closeGaps, loadPart, takeSnapshot } from "./load-steps.ts";
import {
  defaultLoaderOptions,
  type LoaderDependencies,
  type LoaderOptions,
} from "./loader-options.ts";
import type { RepairData, RepairMembers } from "./repair-ports.ts";

export type { LoaderDependencies, LoaderOptions };

/** The peers that have something to load. */
interface Sources {
  readonly nacre: readonly Address[];
  readonly java: readonly Address[];
}

/**
 * Fetches from peers what a member must hold before it serves.
 *
 * Every Nacre peer that has loaded gives what it is responsible for, page by page and all at the same
 * time; then all sums are compared with one of them, and what differs is fetched, so that nothing is
 * left out that nobody felt responsible for, or that a peer could not give. Then the first Java peer
 * that can gives its snapshot. What fails is tried again. A peer that is still starting has nothing to
 * give, and neither has one that does not answer: when all are so, the member serves after a while with
 * what clients told it.
 *
 * A member that stood still for long loads anew. What it holds is in doubt then: peers may have removed
 * it and forgotten that. So it compares, and gives up what the peer does not hold.
 */
export class Loader {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #transport: Transport;
  readonly #data: RepairData;
  readonly #membership: RepairMembers;
  readonly #options: Required<LoaderOptions>;

  /** Where to go on with the pages of a Nacre peer; `undefined` after the last. */
  readonly #cursors = new Map<Address, string | undefined>();
  readonly #from = new Set<Address>();
  readonly #failing = new Map<Address, unknown>();
  #isSnapshotTaken = false;
  #startedMs: Millis | undefined;
  #failingSinceMs: Millis | undefined;
  #cancelRetry: Cancel | undefined;
  #isStopped = false;
  #isLoaded = false;
  #reloadCount = 0;
  #isWaiting = false;
  #servicesCount = 0;
  #instancesCount = 0;
  #retryCount = 0;

  constructor(dependencies: LoaderDependencies, options: LoaderOptions = {}) {
    const { clock, logger, transport, data, membership } = dependencies;
    this.#clock = clock;
    this.#logger = logger;
    this.#transport = transport;
    this.#data = data;
    this.#membership = membership;
    this.#options = { ...defaultLoaderOptions, ...options };
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** How often the peers were asked again. */
  get retryCount(): number {
    return this.#retryCount;
  }

  /** How often this member had to load anew. */
  get reloadCount(): number {
    return this.#reloadCount;
  }

  /** For people: why this member has not loaded yet; `undefined` when it has. */
  get reason(): string | undefined {
    if (this.#isLoaded) return undefined;
    if (this.#startedMs === undefined) return "not started";
    const [failing] = this.#failing;
    if (failing !== undefined) return `cannot load from ${failing[0]}: ${textOf(failing[1])}`;
    if (this.#isWaiting) return "waiting for beats, no peer has anything to load from";
    if (this.#from.size === 0) return "asking the peers";
    const services = this.#servicesCount.toLocaleString("en-US");
    return `loading from ${[...this.#from].join(", ")}, ${services} services so far`;
  }

  /** Begins to load. Without peers this member has loaded when it returns. */
  start(): void {
    assert(this.#startedMs === undefined, "already started");
    this.#startedMs = this.#clock.nowMs();
    const { peers, isAlone } = this.#membership;
    if (isAlone) return this.#finish("alone");
    this.#logger.info({ peers: peers.map(({ address }) => address) }, "load begins");
    void this.#tryRound();
  }

  /**
   * Doubts all that is held, and loads anew; when nobody has anything to load from, what is held stays.
   * To be called when peers may have forgotten what was removed while this member stood still.
   */
  reload(): void {
    if (this.#isStopped || this.#startedMs === undefined) return;
    this.#reloadCount++;
    this.#data.doubt();
    this.#isSnapshotTaken = false;
    // Otherwise the round under way notices, and begins again.
    if (!this.#isLoaded) return;
    this.#isLoaded = false;
    this.#startedMs = this.#clock.nowMs();
    this.#failingSinceMs = undefined;
    this.#from.clear();
    [this.#servicesCount, this.#instancesCount] = [0, 0];
    void this.#tryRound();
  }

  /** Takes nothing over any more. Final. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry?.();
  }

  async #tryRound(): Promise<void> {
    try {
      await this.#round();
    } catch (error) {
      this.#logger.error({ err: error }, "load failed, it will be tried again");
      this.#retry(this.#options.loadRetryDelayMs);
    }
  }

  async #round(): Promise<void> {
    const reloadCount = this.#reloadCount;
    const { nacre, java } = await this.#findSources();
    if (this.#isStopped) return;
    this.#forgetFailuresOfOthersThan([...nacre, ...java]);
    this.#isWaiting = nacre.length === 0 && java.length === 0;
    if (this.#isWaiting) return this.#waitForBeats();
    const isNacreDone = nacre.length === 0 || (await this.#loadFromNacre(nacre));
    const isJavaDone = java.length === 0 || (await this.#loadFromJava(java));
    if (this.#isStopped) return;
    if (reloadCount !== this.#reloadCount) return this.#retry(0);
    if (isNacreDone && isJavaDone) return this.#finish("loaded from peers");
    const hasLoaded = (isNacreDone && nacre.length > 0) || (isJavaDone && java.length > 0);
    this.#retryOrGiveUp(hasLoaded);
  }

  /** Asks every peer who it is. One that does not say, or has not loaded, is no source. */
  async #findSources(): Promise<Sources> {
    const nacre: Address[] = [];
    const java: Address[] = [];
    const ask = async (peer: Address): Promise<void> => {
      try {
        const { kind, isReady } = await this.#transport.greet(peer);
        if (kind === "java") java.push(peer);
        else if (isReady) nacre.push(peer);
      } catch (error) {
        this.#membership.noteFailure(peer, error);
        this.#logger.debug({ err: error, peer }, "a peer does not say who it is");
      }
    };
    await Promise.all(this.#membership.peers.map(({ address }) => ask(address)));
    return { nacre: nacre.toSorted(), java: java.toSorted() };
  }

  #waitForBeats(): void {
    const { coldStartMs, loadRetryDelayMs } = this.#options;
    const leftMs = coldStartMs - this.#elapsedMs();
    if (leftMs <= 0) this.#finish("nobody had anything");
    else this.#retry(Math.min(leftMs, loadRetryDelayMs));
  }

  async #loadFromNacre(peers: readonly Address[]): Promise<boolean> {
    // What is in doubt is here already, and to compare costs less.
    if (!this.#data.isInDoubt) {
      await Promise.all(peers.map((peer) => this.#attempt(peer, () => this.#loadPart(peer))));
    }
    // Those first that could give their part.
    const byProgress = peers.toSorted((a, b) => this.#rank(a) - this.#rank(b));
    for (const peer of byProgress) {
      if (await this.#attempt(peer, () => this.#closeGaps(peer))) return true;
    }
    return false;
  }

  async #loadPart(peer: Address): Promise<void> {
    await loadPart(peer, {
      transport: this.#transport,
      cursor: this.#cursors.has(peer) ? this.#cursors.get(peer) : "",
      take: (answer) => {
        this.#take(peer, answer);
        this.#cursors.set(peer, answer.cursor);
      },
      isStopped: () => this.#isStopped,
    });
  }

  async #closeGaps(peer: Address): Promise<void> {
    const reloadCount = this.#reloadCount;
    await closeGaps(peer, {
      transport: this.#transport,
      digest: this.#data.digest,
      keysMax: this.#options.fetchKeysMax,
      take: (answer) => this.#take(peer, answer),
      onAbsent: (keys) => this.#giveUp(peer, keys),
      isStopped: () => this.#isStopped,
    });
    this.#endDoubts(reloadCount);
  }

  async #loadFromJava(peers: readonly Address[]): Promise<boolean> {
    for (const peer of peers) {
      if (this.#isSnapshotTaken || this.#isStopped) break;
      this.#isSnapshotTaken = await this.#attempt(peer, () => this.#takeSnapshot(peer));
    }
    return this.#isSnapshotTaken;
  }

  async #takeSnapshot(peer: Address): Promise<void> {
    const reloadCount = this.#reloadCount;
    await takeSnapshot(peer, {
      clock: this.#clock,
      transport: this.#transport,
      data: this.#data,
      membership: this.#membership,
      sliceMax: this.#options.sliceMax,
      onTaken: (copies) => this.#count(peer, copies),
      onAbsent: (keys) => this.#giveUp(peer, keys),
      isStopped: () => this.#isStopped,
    });
    this.#endDoubts(reloadCount);
  }

  // Unless this member stood still again meanwhile.
  #endDoubts(reloadCount: number): void {
    if (reloadCount === this.#reloadCount) this.#data.trust();
  }

  #giveUp(peer: Address, keys: readonly string[]): void {
    for (const key of keys) this.#data.giveUp(key, undefined, absenceAt(peer));
  }

  /** @returns whether `step` came to its end */
  async #attempt(peer: Address, step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof NacreError)) throw error;
      this.#failing.set(peer, error);
      this.#membership.noteFailure(peer, error);
      return false;
    }
    this.#failing.delete(peer);
    return !this.#isStopped;
  }

  #take(peer: Address, { data, values }: FetchAnswer): void {
    for (const copy of data) {
      this.#data.merge(copy, "loaded", `from ${peer}`);
      this.#data.giveUp(copy.key, copy, absenceAt(peer));
    }
    for (const value of values) this.#data.mergeValue(value);
    this.#count(peer, data);
  }

  #count(peer: Address, copies: readonly DatumCopy[]): void {
    this.#from.add(peer);
    this.#servicesCount += copies.length;
    this.#instancesCount += copies.reduce((sum, { instances }) => sum + instances.length, 0);
  }

  #forgetFailuresOfOthersThan(sources: readonly Address[]): void {
    for (const peer of this.#failing.keys())
      if (!sources.includes(peer)) this.#failing.delete(peer);
  }

  #rank(peer: Address): number {
    return this.#failing.has(peer) ? 1 : 0;
  }

  // Half of the data is never served. But when the peers of one kind gave everything, and hold what
  // the others hold, a peer of the other kind that answers nonsense must not stop the member for ever.
  #retryOrGiveUp(hasLoaded: boolean): void {
    const isFirst = this.#failingSinceMs === undefined;
    this.#failingSinceMs ??= this.#clock.nowMs();
    const failingMs = this.#clock.nowMs() - this.#failingSinceMs;
    const peers = [...this.#failing.keys()];
    const fields = { peers, err: [...this.#failing.values()][0] };
    if (hasLoaded && failingMs >= this.#options.loadGiveUpMs) {
      this.#logger.warn(fields, "loaded without peers that gave nothing");
      return this.#finish("loaded from peers");
    }
    if (isFirst) this.#logger.warn(fields, "peers give nothing, they will be asked again");
    this.#retry(this.#options.loadRetryDelayMs);
  }

  #retry(delayMs: Millis): void {
    if (this.#isStopped || this.#isLoaded) return;
    this.#cancelRetry = this.#clock.schedule(delayMs, () => {
      this.#retryCount++;
      void this.#tryRound();
    });
  }

  #finish(why: string): void {
    if (this.#isStopped) return;
    this.#isLoaded = true;
    this.#data.trust();
    const fields = {
      why,
      from: [...this.#from],
      services: this.#servicesCount,
      instances: this.#instancesCount,
      tookMs: Math.round(this.#elapsedMs()),
    };
    // Who runs alone had nothing to load, and nothing to tell.
    if (!this.#membership.isAlone) this.#logger.info(fields, "loaded");
    this.#options.onLoaded();
  }

  #elapsedMs(): Millis {
    return this.#clock.nowMs() - (this.#startedMs ?? 0);
  }
}

function absenceAt(peer: Address): string {
  return `${peer} does not hold it`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
