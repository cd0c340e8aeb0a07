import assert from "node:assert/strict";
import type { Cancel, Clock } from "@nacre/core";
import type { Subscriber } from "@nacre/naming";
import type { Packet } from "./packet.ts";

/** How an {@link Outbox} hands on. */
export interface OutboxOptions {
  readonly sendsPerTurnMax: number;

  /** How many sends may wait. */
  readonly waitingMax: number;
  readonly send: (packet: Packet, subscriber: Subscriber) => void;
}

interface Batch {
  readonly packet: Packet;
  readonly subscribers: readonly Subscriber[];
  nextIndex: number;
}

/**
 * Hands packets on in the order they came, some of them at once and the rest a few at a time, so
 * that a service with thousands of subscribers does not hold up everything else.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #options: OutboxOptions;
  readonly #batches = new Set<Batch>();
  #waitingCount = 0;
  #cancelNext: Cancel | undefined;

  constructor(clock: Clock, options: OutboxOptions) {
    assert(options.sendsPerTurnMax > 0);
    this.#clock = clock;
    this.#options = options;
  }

  /** How many sends wait. */
  get size(): number {
    return this.#waitingCount;
  }

  /**
   * Sends a packet to subscribers, after everything that waits.
   *
   * @returns false when there is no room
   */
  add(packet: Packet, subscribers: readonly Subscriber[]): boolean {
    if (this.#waitingCount + subscribers.length > this.#options.waitingMax) return false;
    this.#batches.add({ packet, subscribers, nextIndex: 0 });
    this.#waitingCount += subscribers.length;
    if (this.#cancelNext === undefined) this.#sendSome();
    return true;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    this.#batches.clear();
    this.#waitingCount = 0;
  }

  #sendSome(): void {
    this.#cancelNext = undefined;
    let roomCount = this.#options.sendsPerTurnMax;
    for (const batch of this.#batches) {
      const { packet, subscribers, nextIndex } = batch;
      const some = subscribers.slice(nextIndex, nextIndex + roomCount);
      batch.nextIndex += some.length;
      roomCount -= some.length;
      this.#waitingCount -= some.length;
      if (batch.nextIndex === subscribers.length) this.#batches.delete(batch);
      for (const subscriber of some) this.#options.send(packet, subscriber);
      if (roomCount === 0) break;
    }
    if (this.#batches.size > 0) {
      this.#cancelNext = this.#clock.schedule(0, () => this.#sendSome());
    }
  }
}
