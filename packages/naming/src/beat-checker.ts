import type { Cancel, Clock, Logger, Millis } from "@nacre/core";
import { DeadlineWheel } from "./deadline-wheel.ts";
import type { ExpiryBrake } from "./expiry-brake.ts";
import type { Lease } from "./lease.ts";
import type { LivedTime } from "./lived-time.ts";

/** What a {@link BeatChecker} is built from. */
export interface BeatCheckerDependencies {
  readonly clock: Clock;
  readonly livedTime: LivedTime;
  readonly logger: Logger;
  readonly brake: ExpiryBrake;
}

/** What a {@link BeatChecker} tells of, and how it works. */
export interface BeatCheckerOptions {
  /** The beats of a healthy instance stopped. It must stand as unhealthy when this returns. */
  readonly onSilent: (lease: Lease, silenceMs: Millis) => void;

  /** The instance has to go. Its lease must be forgotten when this returns. */
  readonly onExpired: (lease: Lease, silenceMs: Millis) => void;

  /** The brake holds the instance's removal. */
  readonly onHeld: (lease: Lease, silenceMs: Millis) => void;

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
 * longer time, both by the instance's own settings.
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

  /** The leases whose removal the brake holds. */
  get held(): ReadonlySet<Lease> {
    return this.#held;
  }

  /** Begins to watch. */
  watch(lease: Lease): void {
    this.#size++;
    const { namespaceId } = lease.service;
    this.#namespaceCounts.set(namespaceId, this.#countOf(namespaceId) + 1);
    this.#wheel.place(lease);
  }

  /** Ends watching. */
  forget(lease: Lease): void {
    this.#size--;
    const { namespaceId } = lease.service;
    const count = this.#countOf(namespaceId) - 1;
    if (count > 0) this.#namespaceCounts.set(namespaceId, count);
    else this.#namespaceCounts.delete(namespaceId);
    this.#wheel.remove(lease);
    this.#release(lease);
  }

  /** Takes note that the lease's instance, and with it perhaps a deadline, is another. */
  replace(lease: Lease): void {
    this.#wheel.place(lease);
  }

  /** Notes a sign of life: a beat, or a registration. */
  touch(lease: Lease): void {
    lease.lastBeatMs = this.#livedTime.nowMs();
    if (lease.heldUntilMs !== undefined) {
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
    for (const lease of due) this.#look(lease, nowMs);
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

  #look(lease: Lease, nowMs: Millis): void {
    // `marked` instances are exempt; no deadline, so they leave the wheel.
    if (lease.instance.marked) return;
    const silenceMs = nowMs - lease.lastBeatMs;
    const { timeoutMs, deleteTimeoutMs } = lease.timings;
    const isOver = silenceMs > deleteTimeoutMs && this.#options.expireInstances;
    if (isOver && this.#mayGo(lease, nowMs)) {
      this.#options.onExpired(lease, silenceMs);
      return;
    }
    if ((isOver || silenceMs > timeoutMs) && lease.instance.healthy) {
      this.#options.onSilent(lease, silenceMs);
    }
    if (isOver && lease.heldUntilMs === undefined) this.#hold(lease, nowMs, silenceMs);
    // Without expiry nothing more can happen to a silent one until it beats again.
    if (lease.instance.healthy || this.#options.expireInstances) this.#wheel.place(lease);
  }

  #mayGo(lease: Lease, nowMs: Millis): boolean {
    if (lease.heldUntilMs !== undefined) return nowMs >= lease.heldUntilMs;
    if (!lease.hasBeaten) return true;
    const { service } = lease;
    const removal = {
      namespaceId: service.namespaceId,
      serviceKey: service.key,
      serviceCount: service.leases.size,
      namespaceCount: this.#countOf(service.namespaceId),
    };
    return this.#brake.allows(removal, nowMs);
  }

  #hold(lease: Lease, nowMs: Millis, silenceMs: Millis): void {
    const { holdMs } = this.#brake;
    lease.heldUntilMs = nowMs + holdMs;
    this.#held.add(lease);
    if (this.#held.size === 1) {
      const { namespaceId, name } = lease.service;
      this.#logger.warn(
        { namespaceId, service: name, holdMs },
        "many instances fell silent at once, the brake holds removals",
      );
    }
    this.#options.onHeld(lease, silenceMs);
  }

  #release(lease: Lease): void {
    if (!this.#held.delete(lease)) return;
    lease.heldUntilMs = undefined;
    if (this.#held.size === 0) this.#logger.info("the brake holds no removal any more");
  }

  #countOf(namespaceId: string): number {
    return this.#namespaceCounts.get(namespaceId) ?? 0;
  }
}
