import type { DatumKey, Millis } from "@nacre/core";

/** A client that asked for a service with its UDP port, and so wants to be told of changes. */
export interface Subscription {
  readonly namespaceId: string;

  /** The grouped name. */
  readonly serviceName: string;

  /** The clusters it asked for, as given. */
  readonly clusters: string;

  /** Its agent string. */
  readonly agent: string;

  /** Whether it gets grouped names; see `ViewQuery`. */
  readonly groupedNames: boolean;

  /** Where its request came from, and so where datagrams go. */
  readonly address: string;
  readonly udpPort: number;

  /** The address it says it has. Shown, never sent to. */
  readonly declaredIp: string;
  readonly app: string;
}

/** A {@link Subscription} with the time it was last renewed, in lived time. */
export interface Subscriber extends Subscription {
  /** Names the subscriber within its service. */
  readonly id: string;
  readonly renewedAtMs: Millis;
}

/** The limits of {@link Subscribers}. */
export interface SubscribersOptions {
  /** How many there may be at once, over all services. */
  readonly subscribersMax: number;
}

// What a client says of itself may be as long as a request, and there may be many subscribers.
const TEXT_LENGTH_MAX = 4_096;

/**
 * Who watches what. A subscription lives for a while after the client last asked, so whoever stops
 * asking is forgotten.
 */
export class Subscribers {
  readonly #subscribersMax: number;
  readonly #services = new Map<DatumKey, Map<string, Subscriber>>();
  #size = 0;
  #refusedCount = 0;

  constructor({ subscribersMax }: SubscribersOptions) {
    this.#subscribersMax = subscribersMax;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** How many were turned away because there were too many, or they had too much to say. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /**
   * Adds or renews.
   *
   * @returns false when there is no room, or the subscription is longer than any client's; the client
   * must then poll
   */
  renew(key: DatumKey, subscription: Subscription, nowMs: Millis): boolean {
    const { clusters, agent, address, udpPort, declaredIp, app } = subscription;
    const length = clusters.length + agent.length + declaredIp.length + app.length;
    if (length > TEXT_LENGTH_MAX) {
      this.#refusedCount++;
      return false;
    }
    const id = `${address} ${udpPort} ${declaredIp} ${agent} ${clusters}`;
    let subscribers = this.#services.get(key);
    if (subscribers?.has(id) !== true) {
      if (this.#size >= this.#subscribersMax) {
        this.#refusedCount++;
        return false;
      }
      this.#size++;
      if (subscribers === undefined) this.#services.set(key, (subscribers = new Map()));
    }
    subscribers.set(id, { ...subscription, id, renewedAtMs: nowMs });
    return true;
  }

  /** Those of a service that were renewed at or after `sinceMs`; the others are forgotten. */
  of(key: DatumKey, sinceMs: Millis): readonly Subscriber[] {
    const subscribers = this.#services.get(key);
    if (subscribers === undefined) return [];
    this.#forgetOlder(key, subscribers, sinceMs);
    return [...subscribers.values()];
  }

  /** Whether any of a service was renewed at or after `sinceMs`. */
  has(key: DatumKey, sinceMs: Millis): boolean {
    for (const { renewedAtMs } of this.#services.get(key)?.values() ?? []) {
      if (renewedAtMs >= sinceMs) return true;
    }
    return false;
  }

  /** All that were renewed at or after `sinceMs`. */
  *all(sinceMs: Millis): Iterable<Subscriber> {
    for (const subscribers of this.#services.values()) {
      for (const subscriber of subscribers.values()) {
        if (subscriber.renewedAtMs >= sinceMs) yield subscriber;
      }
    }
  }

  /** Forgets everyone last renewed before `sinceMs`. */
  sweep(sinceMs: Millis): void {
    for (const [key, subscribers] of this.#services) this.#forgetOlder(key, subscribers, sinceMs);
  }

  #forgetOlder(key: DatumKey, subscribers: Map<string, Subscriber>, sinceMs: Millis): void {
    for (const [id, { renewedAtMs }] of subscribers) {
      if (renewedAtMs >= sinceMs) continue;
      subscribers.delete(id);
      this.#size--;
    }
    if (subscribers.size === 0) this.#services.delete(key);
  }
}
