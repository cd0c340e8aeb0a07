import type { Millis } from "@nacre/core";

/** The limits of {@link Reachability}. */
export interface ReachabilityOptions {
  /** How many pushes in a row an endpoint must leave unanswered to count as unreachable. */
  readonly silentPushesMax: number;

  /** How often an unreachable endpoint is sent anything at all. */
  readonly probeIntervalMs: Millis;

  /**
   * After how long without a push to it an endpoint that left pushes unanswered gets a new chance.
   * At least `probeIntervalMs`.
   */
  readonly silentForgottenMs: Millis;

  /** How many endpoints that leave pushes unanswered are remembered; the oldest make room. */
  readonly silentMax: number;
}

const defaults: ReachabilityOptions = {
  silentPushesMax: 3,
  probeIntervalMs: 60_000,
  silentForgottenMs: 600_000,
  silentMax: 100_000,
};

interface Silence {
  silentPushes: number;

  /** When it became unreachable or was last probed. */
  probedAtMs: Millis;

  /** When somebody last wanted to push to it. */
  touchedAtMs: Millis;
}

/**
 * Knows which endpoints leave pushes unanswered. Only these are kept, and only as long as somebody
 * pushes to them.
 */
export class Reachability {
  readonly #options: ReachabilityOptions;

  /** In the order they were touched. */
  readonly #silences = new Map<string, Silence>();
  #unreachableCount = 0;

  constructor(options: ReachabilityOptions = defaults) {
    this.#options = options;
  }

  /** How many endpoints count as unreachable. */
  get unreachableCount(): number {
    return this.#unreachableCount;
  }

  /** Whether it has left too many pushes in a row unanswered. */
  isUnreachable(endpoint: string): boolean {
    const silence = this.#silences.get(endpoint);
    return silence !== undefined && this.#isTooSilent(silence);
  }

  /** Whether to push to it now. Asking for an unreachable one is a probe when the answer is yes. */
  mayPush(endpoint: string, nowMs: Millis): boolean {
    const silence = this.#silences.get(endpoint);
    if (silence === undefined) return true;
    this.#touch(endpoint, silence, nowMs);
    if (!this.#isTooSilent(silence)) return true;
    if (nowMs - silence.probedAtMs < this.#options.probeIntervalMs) return false;
    silence.probedAtMs = nowMs;
    return true;
  }

  /** It left a push unanswered. */
  onSilent(endpoint: string, nowMs: Millis): void {
    let silence = this.#silences.get(endpoint);
    if (silence === undefined) {
      if (this.#silences.size >= this.#options.silentMax) this.#forgetOldest();
      silence = { silentPushes: 0, probedAtMs: nowMs, touchedAtMs: nowMs };
      this.#silences.set(endpoint, silence);
    }
    silence.silentPushes++;
    if (silence.silentPushes !== this.#options.silentPushesMax) return;
    silence.probedAtMs = nowMs;
    this.#unreachableCount++;
  }

  /** It answered. */
  onHeard(endpoint: string): void {
    const silence = this.#silences.get(endpoint);
    if (silence !== undefined) this.#forget(endpoint, silence);
  }

  /** Forgets whom nobody has pushed to for a while. */
  sweep(nowMs: Millis): void {
    for (const [endpoint, silence] of this.#silences) {
      if (nowMs - silence.touchedAtMs < this.#options.silentForgottenMs) return;
      this.#forget(endpoint, silence);
    }
  }

  #isTooSilent(silence: Silence): boolean {
    return silence.silentPushes >= this.#options.silentPushesMax;
  }

  #touch(endpoint: string, silence: Silence, nowMs: Millis): void {
    silence.touchedAtMs = nowMs;
    this.#silences.delete(endpoint);
    this.#silences.set(endpoint, silence);
  }

  #forgetOldest(): void {
    for (const [endpoint, silence] of this.#silences) {
      this.#forget(endpoint, silence);
      return;
    }
  }

  #forget(endpoint: string, silence: Silence): void {
    this.#silences.delete(endpoint);
    if (this.#isTooSilent(silence)) this.#unreachableCount--;
  }
}
