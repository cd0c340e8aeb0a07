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

/** How long a member must have been responsible for what it calls silent, and for what it removes. */
const GRACE_MS = { "beats stopped": 15_000, expired: 30_000 } as const;

/**
 * Stands between a member's registry and its consistency service, and looks at what the member decides
 * because beats stopped: whether it may speak for the service, has done so for the whole time-out, and
 * whether its brake lets no more go than it should.
 */
export class SimExpiryWatch {
  readonly #clock: SimClock;
  readonly #limits: SimBrakeLimits;
  readonly #responsibleSinceMs = new Map<string, Millis>();
  #naming: Naming | undefined;
  #removals: Removal[] = [];

  /** What was wrong first: the property, and what happened. */
  violation: { readonly property: string; readonly message: string } | undefined;

  constructor(clock: SimClock, limits: SimBrakeLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  watch(naming: Naming): void {
    this.#naming = naming;
  }

  /** Takes note of what the member is responsible for; to be called whenever that may have changed. */
  regard(isResponsible: (serviceName: string) => boolean): void {
    for (const { name } of this.#naming?.services.all() ?? []) {
      if (!isResponsible(name)) this.#responsibleSinceMs.set(name, Number.POSITIVE_INFINITY);
      else if (this.#responsibleSinceMs.get(name) === Number.POSITIVE_INFINITY) {
        this.#responsibleSinceMs.set(name, this.#clock.nowMs);
      }
    }
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
      const { kind } = cause;
      if (before === undefined || (kind !== "expired" && kind !== "beats stopped")) continue;
      this.#checkGrace(serviceName, kind);
      if (after !== undefined) continue;
      const lease = service?.leases.get(instanceKeyOf(before));
      // What was held for its time goes without being asked for again.
      if (lease?.hasBeaten === true && lease.heldUntilMs === undefined) this.#count(serviceName);
    }
  }

  #checkGrace(serviceName: string, kind: keyof typeof GRACE_MS): void {
    const sinceMs = this.#responsibleSinceMs.get(serviceName) ?? 0;
    if (this.#clock.nowMs - sinceMs >= GRACE_MS[kind]) return;
    const message = `${kind} at ${serviceName}, of which it is in charge only since ${sinceMs} ms`;
    this.violation ??= { property: "grace", message };
  }

  #count(serviceName: string): void {
    const { nowMs } = this.#clock;
    const { windowMs, serviceFreeCount, serviceRatio } = this.#limits;
    const { namespaceFreeCount, namespaceRatio } = this.#limits;
    this.#removals = this.#removals.filter(({ atMs }) => atMs > nowMs - windowMs);
    this.#removals.push({ atMs: nowMs, serviceName });
    const ofService = this.#removals.filter((removal) => removal.serviceName === serviceName);
    const standing = this.#naming?.services.get("public", serviceName)?.leases.size ?? 0;
    const property = "never empty by expiry alone";
    if (
      ofService.length > Math.max(serviceFreeCount, serviceRatio * (standing + ofService.length))
    ) {
      const message = `lets ${ofService.length} instances of ${serviceName} go at once`;
      this.violation ??= { property, message };
    }
    const count = this.#removals.length;
    const all = (this.#naming?.instanceCount ?? 0) + count;
    if (count > Math.max(namespaceFreeCount, namespaceRatio * all)) {
      this.violation ??= { property, message: `lets ${count} of ${all} instances go at once` };
    }
  }
}
