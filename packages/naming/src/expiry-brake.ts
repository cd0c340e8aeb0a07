import type { Millis } from "@nacre/core";

/** When the brake on mass expiry takes hold. */
export interface ExpiryBrakeOptions {
  /** @defaultValue true */
  readonly enabled?: boolean;

  /**
   * The window in which removals are counted.
   *
   * @defaultValue 10_000
   */
  readonly windowMs?: Millis;

  /**
   * The first so many removals of a service in a window are never held.
   *
   * @defaultValue 3
   */
  readonly serviceFreeCount?: number;

  /**
   * Beyond those, the share of a service's instances that may go in a window.
   *
   * @defaultValue 0.3
   */
  readonly serviceRatio?: number;

  /**
   * The first so many removals of a namespace in a window are never held.
   *
   * @defaultValue 20
   */
  readonly namespaceFreeCount?: number;

  /**
   * Beyond those, the share of a namespace's instances that may go in a window.
   *
   * @defaultValue 0.2
   */
  readonly namespaceRatio?: number;

  /**
   * How long a removal is held at most.
   *
   * @defaultValue 300_000
   */
  readonly holdMs?: Millis;
}

/** The defaults of {@link ExpiryBrakeOptions}. */
export const defaultExpiryBrake: Required<ExpiryBrakeOptions> = {
  enabled: true,
  windowMs: 10_000,
  serviceFreeCount: 3,
  serviceRatio: 0.3,
  namespaceFreeCount: 20,
  namespaceRatio: 0.2,
  holdMs: 300_000,
};

/** A removal by expiry that is due, and the scopes that it would shrink. */
export interface DueRemoval {
  readonly namespaceId: string;

  /** Names the service within everything, not only within its namespace. */
  readonly serviceKey: string;

  /** How many instances the service and the namespace have now. */
  readonly serviceCount: number;
  readonly namespaceCount: number;
}

/**
 * Decides which removals by expiry go through, so that a blip of the network does not empty a list.
 *
 * When many clients fall silent at once, the likely cause is not that all of them died. So in any
 * window a few removals are free, and beyond those only a share of a service's and of a namespace's
 * instances goes. Both scopes must allow a removal. The share is taken of what stood at the
 * window's start: what is there now and what has gone in the window.
 *
 * It decides once per removal. What it does not let through stays for `holdMs`; whoever asks keeps
 * count of that.
 */
export class ExpiryBrake {
  readonly #options: Required<ExpiryBrakeOptions>;
  readonly #services = new Map<string, RemovalWindow>();
  readonly #namespaces = new Map<string, RemovalWindow>();

  constructor(options: ExpiryBrakeOptions = {}) {
    this.#options = { ...defaultExpiryBrake, ...options };
  }

  /** How long a removal that was not allowed is held at most. */
  get holdMs(): Millis {
    return this.#options.holdMs;
  }

  /** Whether the removal may happen at `nowMs`. If so it is counted: the caller must do it. */
  allows(removal: DueRemoval, nowMs: Millis): boolean {
    const { enabled, windowMs, serviceFreeCount, serviceRatio } = this.#options;
    if (!enabled) return true;
    const { namespaceFreeCount, namespaceRatio } = this.#options;
    const service = windowOf(this.#services, removal.serviceKey);
    const namespace = windowOf(this.#namespaces, removal.namespaceId);
    service.forget(nowMs - windowMs);
    namespace.forget(nowMs - windowMs);
    const allowed =
      service.hasRoom(removal.serviceCount, serviceFreeCount, serviceRatio) &&
      namespace.hasRoom(removal.namespaceCount, namespaceFreeCount, namespaceRatio);
    if (allowed) {
      service.add(nowMs);
      namespace.add(nowMs);
    }
    return allowed;
  }

  /** Forgets windows in which nothing happened lately. Call it now and then. */
  sweep(nowMs: Millis): void {
    for (const windows of [this.#services, this.#namespaces]) {
      for (const [key, window] of windows) {
        window.forget(nowMs - this.#options.windowMs);
        if (window.size === 0) windows.delete(key);
      }
    }
  }
}

function windowOf(windows: Map<string, RemovalWindow>, key: string): RemovalWindow {
  let window = windows.get(key);
  if (window === undefined) windows.set(key, (window = new RemovalWindow()));
  return window;
}

// The instants of the removals in the window, oldest first.
class RemovalWindow {
  #instants: Millis[] = [];
  #start = 0;

  get size(): number {
    return this.#instants.length - this.#start;
  }

  hasRoom(countNow: number, freeCount: number, ratio: number): boolean {
    if (this.size < freeCount) return true;
    const countAtStart = countNow + this.size;
    // A hair of slack: 0.3 of 10 must be 3, whatever binary fractions make of it.
    return this.size + 1 <= countAtStart * ratio + 1e-9;
  }

  add(nowMs: Millis): void {
    this.#instants.push(nowMs);
  }

  forget(untilMs: Millis): void {
    while (this.#start < this.#instants.length && (this.#instants[this.#start] ?? 0) <= untilMs) {
      this.#start++;
    }
    // Cut what was forgotten once it is most of the array, so that forgetting stays cheap.
    if (this.#start * 2 > this.#instants.length) {
      this.#instants = this.#instants.slice(this.#start);
      this.#start = 0;
    }
  }
}
