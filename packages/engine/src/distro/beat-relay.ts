import assert from "node:assert/strict";
import {
  type Address,
  type Beaten,
  type BeatMessage,
  type Clock,
  type DatumListener,
  isNacreWithinReach,
  type Logger,
  type Millis,
  type Transport,
} from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import { BeatBatch } from "./beat-batch.ts";
import { BeatOutbox } from "./beat-outbox.ts";

/** What a {@link BeatRelay} needs from its surroundings. */
export interface BeatRelayDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Pick<Transport, "beats">;
  readonly membership: Pick<Membership, "self" | "peers" | "member" | "noteAnswer" | "noteFailure">;

  /** The time in which `Beaten.lastHeardMs` is given. */
  readonly livedNowMs: () => Millis;

  /** Hears of the beats that peers took. */
  readonly onBeat: DatumListener["onBeat"];
}

/** The limits of a {@link BeatRelay}. */
export interface BeatRelayOptions {
  /**
   * How many instances one message names.
   *
   * @defaultValue 50_000
   */
  readonly beatsMax?: number;

  /**
   * How many instances may wait for the next round. The beats of more are not told.
   *
   * @defaultValue 1_000_000
   */
  readonly queuedMax?: number;

  /**
   * How old a beat may be and still be told.
   *
   * @defaultValue 10_000
   */
  readonly ageMsMax?: Millis;

  /**
   * How many messages may wait for one peer. Beyond that the oldest are dropped.
   *
   * @defaultValue 100
   */
  readonly messagesMax?: number;
}

/**
 * Tells Nacre peers which instances beat here, so that every member knows of every beat
 * (`protocol.md`, Beats). Once a second, each instance once however often it beat.
 */
export class BeatRelay {
  readonly #dependencies: BeatRelayDependencies;
  readonly #clock: Clock;
  readonly #options: Required<BeatRelayOptions>;
  readonly #outboxes = new Map<Address, BeatOutbox>();
  #queue: Beaten[] = [];
  #hasPeers = false;

  /** How far `Clock.nowMs` was ahead of lived time when the last round began. */
  #offsetMs: Millis | undefined;
  #notedCount = 0;
  #heardCount = 0;
  #unnotedCount = 0;

  constructor(dependencies: BeatRelayDependencies, options: BeatRelayOptions = {}) {
    this.#dependencies = dependencies;
    this.#clock = dependencies.clock;
    this.#options = {
      beatsMax: 50_000,
      queuedMax: 1_000_000,
      ageMsMax: 10_000,
      messagesMax: 100,
      ...options,
    };
    assert(this.#options.beatsMax > 0);
  }

  /** How many instances wait for the next round. */
  get queuedCount(): number {
    return this.#queue.length;
  }

  /** Of how many beats peers were to be told; several of one instance in a round count once. */
  get notedCount(): number {
    return this.#notedCount;
  }

  /** Of how many beats peers told us. */
  get heardCount(): number {
    return this.#heardCount;
  }

  /** How many beats were never told to a peer that should have heard of them. */
  get droppedCount(): number {
    let count = this.#unnotedCount;
    for (const outbox of this.#outboxes.values()) count += outbox.droppedCount;
    return count;
  }

  /** Lets peers hear of a beat with the next round. Costs next to nothing: it is called per beat. */
  note(beaten: Beaten): void {
    if (!this.#hasPeers || beaten.isQueued) return;
    if (this.#queue.length >= this.#options.queuedMax) {
      this.#unnotedCount++;
      return;
    }
    beaten.isQueued = true;
    this.#queue.push(beaten);
  }

  /** The members changed: forgets those that left. While there is no Nacre peer nothing is noted. */
  regardMembers(): void {
    const { membership } = this.#dependencies;
    this.#hasPeers = membership.peers.some(({ kind }) => kind === "nacre");
    for (const [peer, outbox] of this.#outboxes) {
      if (membership.member(peer) !== undefined) continue;
      outbox.clear();
      this.#outboxes.delete(peer);
    }
  }

  /** A job, every second: tells the Nacre peers of the beats since the last round. Waits for none. */
  flush(): void {
    void this.drain();
  }

  /**
   * Does what `flush` does, and resolves when each peer has heard of the beats or failed. Never rejects;
   * takes no longer than the transport does.
   */
  async drain(): Promise<void> {
    this.regardMembers();
    const outboxes = this.#reachable().map((peer) => this.#outboxOf(peer));
    const nowMs = this.#clock.nowMs();
    const batches = this.#takeBatches(nowMs);
    for (const outbox of outboxes) for (const batch of batches) outbox.add(batch);
    await Promise.all(outboxes.map((outbox) => outbox.send(nowMs)));
  }

  /** Takes the beats that a peer took, and passes them on as it asks. */
  onBeats(from: Address, message: BeatMessage): void {
    const { onBeat } = this.#dependencies;
    for (const { key, instanceKeys, silenceMs } of message.beats) {
      this.#heardCount += instanceKeys.length;
      for (const instanceKey of instanceKeys) onBeat(key, instanceKey, silenceMs);
    }
    if (message.relayTo.length === 0) return;
    const nowMs = this.#clock.nowMs();
    const batch = BeatBatch.from(message, nowMs);
    for (const peer of this.#reachable()) {
      if (peer === from || !message.relayTo.includes(peer)) continue;
      const outbox = this.#outboxOf(peer);
      outbox.add(batch);
      void outbox.send(nowMs); // never rejects
    }
  }

  #takeBatches(nowMs: Millis): readonly BeatBatch[] {
    const { beatsMax } = this.#options;
    const about = { offsetMs: this.#offsetAt(nowMs), relayTo: this.#late() };
    const beats = this.#queue;
    this.#queue = [];
    this.#notedCount += beats.length;
    const batches: BeatBatch[] = [];
    for (let at = 0; at < beats.length; at += beatsMax) {
      batches.push(BeatBatch.of(beats.slice(at, at + beatsMax), about));
    }
    return batches;
  }

  // Lived time stood still while the process did. The beats did not: to peers they are as old as that.
  #offsetAt(nowMs: Millis): Millis {
    const livedNowMs = this.#dependencies.livedNowMs();
    const offsetMs = nowMs - livedNowMs;
    const pausedMs = offsetMs - (this.#offsetMs ?? offsetMs);
    this.#offsetMs = offsetMs;
    return offsetMs - pausedMs;
  }

  #late(): readonly Address[] {
    const peers: Address[] = [];
    for (const [peer, { isLate }] of this.#outboxes) {
      const { state, isReady = false } = this.#dependencies.membership.member(peer) ?? {};
      // Not one that said goodbye.
      if (state === "DOWN" ? isReady : isLate) peers.push(peer);
    }
    return peers;
  }

  #reachable(): readonly Address[] {
    return this.#dependencies.membership.peers
      .filter(isNacreWithinReach)
      .map(({ address }) => address);
  }

  #outboxOf(peer: Address): BeatOutbox {
    const known = this.#outboxes.get(peer);
    if (known !== undefined) return known;
    const { ageMsMax, messagesMax } = this.#options;
    const outbox = new BeatOutbox(this.#dependencies, { peer, ageMsMax, messagesMax });
    this.#outboxes.set(peer, outbox);
    return outbox;
  }
}
