import type { Clock, DatumKey, Millis } from "@nacre/core";
import type { LivedTime } from "./lived-time.ts";
import type { Pusher } from "./pusher.ts";
import type { Service } from "./service.ts";
import { viewOf } from "./service-view.ts";
import type { Subscriber, Subscribers, Subscription } from "./subscribers.ts";
import type { Switches } from "./switches.ts";

/** What a {@link PushService} is built from. */
export interface PushServiceDependencies {
  readonly clock: Clock;
  readonly livedTime: LivedTime;
  readonly subscribers: Subscribers;
  readonly pusher: Pusher;
  readonly switches: Switches;
}

/**
 * Tells subscribers what has become of a service. Each view is built once, however many asked for
 * it, and shows the service as it stands when the push leaves.
 */
export class PushService {
  readonly #clock: Clock;
  readonly #livedTime: LivedTime;
  readonly #subscribers: Subscribers;
  readonly #pusher: Pusher;
  readonly #switches: Switches;

  constructor(dependencies: PushServiceDependencies) {
    this.#clock = dependencies.clock;
    this.#livedTime = dependencies.livedTime;
    this.#subscribers = dependencies.subscribers;
    this.#pusher = dependencies.pusher;
    this.#switches = dependencies.switches;
  }

  /** Adds or renews a subscription. @returns false when there is no room for it */
  subscribe(key: DatumKey, subscription: Subscription): boolean {
    return this.#subscribers.renew(key, subscription, this.#livedTime.nowMs());
  }

  /** Whether anybody needs to hear of a change of this service. */
  isWatched(key: DatumKey): boolean {
    return this.#subscribers.has(key, this.#aliveSinceMs());
  }

  /** The subscribers of all services that still renew. */
  all(): Iterable<Subscriber> {
    return this.#subscribers.all(this.#aliveSinceMs());
  }

  /** Pushes the service as it stands to all who watch it. */
  push(service: Service): void {
    const views = new Map<string, Subscriber[]>();
    for (const subscriber of this.#subscribers.of(service.key, this.#aliveSinceMs())) {
      const view = `${subscriber.groupedNames} ${subscriber.clusters}`;
      const same = views.get(view);
      if (same === undefined) views.set(view, [subscriber]);
      else same.push(subscriber);
    }
    for (const subscribers of views.values()) this.#pushView(service, subscribers);
  }

  /** Forgets subscribers that no longer renew. Call it now and then. */
  sweep(): void {
    this.#subscribers.sweep(this.#aliveSinceMs());
  }

  #pushView(service: Service, subscribers: readonly Subscriber[]): void {
    const [first] = subscribers;
    if (first === undefined) return;
    const { clusters, groupedNames } = first;
    const cacheMillis = this.#switches.defaultPushCacheMillis;
    const query = { clusters, groupedNames, cacheMillis, healthyOnly: false, env: "" };
    const { head, tail } = viewOf(service, query);
    this.#pusher.push(head + Math.round(this.#clock.epochMs()) + tail, subscribers);
  }

  #aliveSinceMs(): Millis {
    return this.#livedTime.nowMs() - this.#switches.defaultPushCacheMillis;
  }
}
