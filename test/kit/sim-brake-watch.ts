import {
  type ConsistencyService,
  type DatumKey,
  type InstanceChange,
  instanceKeyOf,
  type Millis,
  parseDatumKey,
  type Version,
} from "@nacre/core";
import type { Naming } from "@nacre/naming";
import type { SimClock } from "./sim-clock.ts";

/** What a member's brake must keep to. */
export interface SimBrakeLimits {
  readonly windowMs: Millis;
  readonly serviceFreeCount: number;
  readonly serviceRatio: number;
  readonly namespaceFreeCount: number;
  readonly namespaceRatio: number;
}

interface Removal {
  readonly atMs: Millis;
  readonly serviceName: string;
}

/**
 * Stands between a member's registry and its consistency service, and counts the instances that the
 * member removes because their beats stopped. Only those count that have ever beaten.
 */
export class SimBrakeWatch {
  readonly #clock: SimClock;
  readonly #limits: SimBrakeLimits;
  #naming: Naming | undefined;
  #removals: Removal[] = [];

  /** What went beyond the limits, in words; `undefined`: nothing did. */
  violation: string | undefined;

  constructor(clock: SimClock, limits: SimBrakeLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  watch(naming: Naming): void {
    this.#naming = naming;
  }

  /** The same service, looked at. */
  around(inner: ConsistencyService): ConsistencyService {
    return {
      get: (key) => inner.get(key),
      remove: (key) => inner.remove(key),
      putValue: (key, text) => inner.putValue(key, text),
      listen: (listener) => inner.listen(listener),
      put: (key: DatumKey, changes: readonly InstanceChange[], acceptedAs?: Version) => {
        this.#note(key, changes);
        inner.put(key, changes, acceptedAs);
      },
    };
  }

  #note(key: DatumKey, changes: readonly InstanceChange[]): void {
    const { namespaceId, groupedServiceName: serviceName } = parseDatumKey(key);
    const service = this.#naming?.services.get(namespaceId, serviceName);
    for (const { before, after, cause } of changes) {
      if (cause.kind !== "expired" || before === undefined || after !== undefined) continue;
      const lease = service?.leases.get(instanceKeyOf(before));
      // What was held for its time goes without being asked for again.
      if (lease?.hasBeaten === true && lease.heldUntilMs === undefined) this.#count(serviceName);
    }
  }

  #count(serviceName: string): void {
    const { nowMs } = this.#clock;
    const { windowMs, serviceFreeCount, serviceRatio } = this.#limits;
    const { namespaceFreeCount, namespaceRatio } = this.#limits;
    this.#removals = this.#removals.filter(({ atMs }) => atMs > nowMs - windowMs);
    this.#removals.push({ atMs: nowMs, serviceName });
    const ofService = this.#removals.filter((removal) => removal.serviceName === serviceName);
    const standing = this.#naming?.services.get("public", serviceName)?.leases.size ?? 0;
    const serviceMax = Math.max(serviceFreeCount, serviceRatio * (standing + ofService.length));
    if (ofService.length > serviceMax) {
      this.violation ??= `let ${ofService.length} instances of ${serviceName} go at once`;
    }
    const count = this.#removals.length;
    const all = (this.#naming?.instanceCount ?? 0) + count;
    if (count > Math.max(namespaceFreeCount, namespaceRatio * all)) {
      this.violation ??= `let ${count} of ${all} instances go at once`;
    }
  }
}
