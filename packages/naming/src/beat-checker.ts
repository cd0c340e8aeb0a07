import type { Cancel, Clock, Logger, Millis } from "@nacre/core";
import { DeadlineWheel } from "./deadline-wheel.ts";
import type { ExpiryBrake } from "./expiry-brake.ts";
import type { Lease } from "./lease.ts";
import type { LivedTime } from "./lived-time.ts";
import type { Service } from "./service.ts";

/** What a {@link BeatChecker} is built from. */
export interface BeatCheckerDependencies {
  readonly clock: Clock;
  readonly livedTime: LivedTime;
  readonly logger: Logger;
  readonly brake: ExpiryBrake;
}

/** An instance that has not beaten for too long. */
export interface SilentLease {
  readonly lease: Lease;
  readonly silenceMs: Millis;
}

/** What a {@link BeatChecker} tells of, and how it works. */
export interface BeatCheckerOptions {
  /** The beats of these stopped. They must stand as unhealthy when this returns. */
  readonly onSilent: (silent: readonly SilentLease[]) => void;

  /** These have to go. Their leases must be forgotten when this returns. */
  readonly onExpired: (silent: readonly SilentLease[]) => void;

  /** The brake holds the removal of these. */
  readonly onHeld: (silent: readonly SilentLease[]) => void;

  /**
   * Whether silent instances are removed at all.
   *
   * @defaultValue true
   */
  readonly expireInstances?: boolean;

  /**
   * How fine deadlines are told apart.
   *
   * @defaultValue 500
   */
  readonly slotMs?: Millis;

  /**
   * How many leases are looked at in one turn of the event loop; the rest waits for the next.
   *
   * @defaultValue 1_000
   */
  readonly leasesPerTurnMax?: number;
}

/**
 * Watches the beats of all ephemeral instances: unhealthy after a time without one, gone after a
 * longer time, both by the instance's own settings. It decides only for services that this member is
 * responsible for, and about what happened since it became so.
 *
 * A beat costs the same however many instances there are, and `check` looks only at those whose
 * deadline may have passed, a bounded number at a time.
 */
export class BeatChecker {
  readonly #clock: Clock;
  readonly #livedTime: LivedTime;
  readonly #logger: Logger;
  readonly #brake: ExpiryBrake;
  readonly #options: Required<BeatCheckerOptions>;
  readonly #wheel: DeadlineWheel;
  readonly #namespaceCounts = new Map<string, number>();
  readonly #held = new Set<Lease>();
  #size = 0;
  #cancelRest: Cancel | undefined;

  constructor(
    { clock, livedTime, logger, brake }: BeatCheckerDependencies,
    options: BeatCheckerOptions,
  ) {
    this.#clock = clock;
    this.#livedTime = livedTime;
    this.#logger = logger;
    this.#brake = brake;
    this.#options = { expireInstances: true, slotMs: 500, leasesPerTurnMax: 1_000, ...options };
    this.#wheel = new DeadlineWheel({ slotMs: this.#options.slotMs, nowMs: livedTime.nowMs() });
  }

  /** How many instances are watched. */
  get size(): number {
    return this.#size;
  }

  /** How many of these belong to services that this member is responsible for. */
  get ourSize(): number {
    let size = 0;
    for (const count of this.#namespaceCounts.values()) size += count;
    return size;
  }

  /** The leases whose removal the brake holds. */
  get held(): ReadonlySet<Lease> {
    return this.#held;
  }

  /** Begins to watch. */
  watch(lease: Lease): void {
    this.#size++;
    if (lease.service.isOurs) this.#count(lease.service.namespaceId, 1);
    this.#wheel.place(lease);
  }

  /** Ends watching. */
  forget(lease: Lease): void {
    this.#size--;
    if (lease.service.isOurs) this.#count(lease.service.namespaceId, -1);
    this.#wheel.remove(lease);
    this.#release(lease);
  }

  /** Takes note that the lease's instance, and with it perhaps a deadline, is another. */
  replace(lease: Lease): void {
    this.#wheel.place(lease);
  }

  /** Notes a sign of life at `atMs`: a beat, or a registration. An older one than known is none. */
  touch(lease: Lease, atMs: Millis = this.#livedTime.nowMs()): void {
    if (atMs > lease.lastBeatMs) lease.lastBeatMs = atMs;
    if (lease.heldUntilMs === undefined) return;
    // Old news do not make up for a silence that is too long already.
    if (this.#livedTime.nowMs() - atMs > lease.timings.deleteTimeoutMs) return;
    this.#release(lease);
    this.#wheel.place(lease);
  }

  /**
   * Begins to decide for a service. What happened before does not count, so each of its instances has
   * a whole time-out; this costs nothing per instance.
   */
  gain(service: Service): void {
    if (service.isOurs) return;
    service.isOurs = true;
    service.isOursSinceMs = this.#livedTime.nowMs();
    this.#count(service.namespaceId, service.leases.size);
  }

  /** Ends deciding for a service; what is held of it is held no more. */
  lose(service: Service): void {
    if (!service.isOurs) return;
    service.isOurs = false;
    this.#count(service.namespaceId, -service.leases.size);
    if (this.#held.size === 0) return;
    for (const lease of service.leases.values()) {
      this.#release(lease);
      this.#wheel.place(lease);
    }
  }

  /** Looks at the leases that are due. Call it every `slotMs`. */
  check(): void {
    this.stop();
    const nowMs = this.#livedTime.nowMs();
    const { leasesPerTurnMax } = this.#options;
    const due = this.#wheel.takeDue(nowMs, leasesPerTurnMax);
    if (due.length > 0) this.#apply(this.#judge(due, nowMs), nowMs);
    if (due.length === leasesPerTurnMax) {
      this.#cancelRest = this.#clock.schedule(0, () => this.check());
    }
    this.#brake.sweep(nowMs);
  }

  /** Drops what is left of a check that did not get through in one turn. */
  stop(): void {
    this.#cancelRest?.();
    this.#cancelRest = undefined;
  }

  // Decides for all before anything changes, so that a service is written once, not once for each.
  #judge(due: readonly Lease[], nowMs: Millis): Verdicts {
    const verdicts: Verdicts = { silent: [], held: [], expired: [], again: [], going: new Map() };
    for (const lease of due) {
      // `marked` instances are exempt; no deadline, so they leave the wheel.
      if (lease.instance.marked) continue;
      if (!lease.service.isOurs) {
        // Another decides. Should it become ours, its deadline will be no earlier than this.
        this.#wheel.place(lease, nowMs + lease.silenceMsMax);
        continue;
      }
      const silenceMs = nowMs - lease.lastBeatMs;
      const countedMs = nowMs - lease.countsFromMs;
      const { timeoutMs, deleteTimeoutMs } = lease.timings;
      const isOver = countedMs > deleteTimeoutMs && this.#options.expireInstances;
      if (isOver && this.#mayGo(lease, nowMs, verdicts.going)) {
        verdicts.expired.push({ lease, silenceMs });
        continue;
      }
      const isSilent = isOver || countedMs > timeoutMs;
      if (isSilent && lease.instance.healthy) verdicts.silent.push({ lease, silenceMs });
      if (isOver && lease.heldUntilMs === undefined) verdicts.held.push({ lease, silenceMs });
      verdicts.again.push(lease);
    }
    return verdicts;
  }

  #apply({ silent, held, expired, again }: Verdicts, nowMs: Millis): void {
    if (silent.length > 0) this.#options.onSilent(silent);
    for (const { lease } of held) this.#hold(lease, nowMs);
    if (held.length > 0) this.#options.onHeld(held);
    if (expired.length > 0) this.#options.onExpired(expired);
    for (const lease of again) {
      // Without expiry nothing more can happen to a silent one until it beats again.
      if (lease.instance.healthy || this.#options.expireInstances) this.#wheel.place(lease);
    }
  }

  // `going` counts, by service and by namespace, those that were let go in this round already.
  #mayGo(lease: Lease, nowMs: Millis, going: Map<string, number>): boolean {
    const { key: serviceKey, namespaceId, leases } = lease.service;
    const goingOf = (scope: string) => going.get(scope) ?? 0;
    const removal = {
      namespaceId,
      serviceKey,
      serviceCount: leases.size - goingOf(serviceKey),
      namespaceCount: this.#countOf(namespaceId) - goingOf(namespaceId),
    };
    const mayGo =
      lease.heldUntilMs === undefined
        ? !lease.hasBeaten || this.#brake.allows(removal, nowMs)
        : nowMs >= lease.heldUntilMs;
    if (mayGo) {
      for (const scope of [serviceKey, namespaceId]) going.set(scope, goingOf(scope) + 1);
    }
    return mayGo;
  }

  #hold(lease: Lease, nowMs: Millis): void {
    const { holdMs } = this.#brake;
    lease.heldUntilMs = nowMs + holdMs;
    this.#held.add(lease);
    if (this.#held.size > 1) return;
    const { namespaceId, name } = lease.service;
    this.#logger.warn(
      { namespaceId, service: name, holdMs },
      "many instances fell silent at once, the brake holds removals",
    );
  }

  #release(lease: Lease): void {
    if (!this.#held.delete(lease)) return;
    lease.heldUntilMs = undefined;
    if (this.#held.size === 0) this.#logger.info("the brake holds no removal any more");
  }

  #countOf(namespaceId: string): number {
    return this.#namespaceCounts.get(namespaceId) ?? 0;
  }

  // The brake takes its share of what this member decides for: the others decide for the rest.
  #count(namespaceId: string, more: number): void {
    const count = this.#countOf(namespaceId) + more;
    if (count > 0) this.#namespaceCounts.set(namespaceId, count);
    else this.#namespaceCounts.delete(namespaceId);
  }
}

interface Verdicts {
  readonly silent: SilentLease[];
  readonly held: SilentLease[];
  readonly expired: SilentLease[];

  /** Those that stay and must be looked at again. */
  readonly again: Lease[];
  readonly going: Map<string, number>;
}
