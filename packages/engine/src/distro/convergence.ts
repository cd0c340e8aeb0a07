import type { Address, Clock, Logger, Millis } from "@nacre/core";

/** How far a peer and this member agree, for operators. Instants are monotonic, as of `Clock.nowMs`. */
export interface PeerConvergence {
  /** When a comparison last found no difference; `undefined`: none has yet. */
  readonly lastAgreedMs: Millis | undefined;

  /** How many keys differed when they were last compared. */
  readonly differingCount: number;

  /** Since when there was a difference in each comparison that lasted until the next. */
  readonly differingSinceMs: Millis | undefined;

  /** Some of the keys that differ. */
  readonly sample: readonly string[];

  /** How many comparisons in a row found a difference that the one before had found too, plus one. */
  readonly disagreedRounds: number;

  /** Whether it is a Java peer that has stopped to tell of its services (`distro.md` 1.7). */
  readonly isIll: boolean;
}

/** What {@link Convergence} needs from its surroundings. */
export interface ConvergenceDependencies {
  readonly clock: Clock;

  /** Told at warn that a peer disagrees, at info that it agrees again. */
  readonly logger: Logger;
}

/** What {@link Convergence} keeps, and when it speaks up. */
export interface ConvergenceOptions {
  /**
   * How many rounds in a row a difference may last without a line in the log.
   *
   * @defaultValue 2
   */
  readonly quietRoundsMax?: number;

  /**
   * How many of the differing keys are shown.
   *
   * @defaultValue 20
   */
  readonly sampleMax?: number;

  /**
   * How many differing keys are remembered for the next round. When more differ, they are taken for
   * the same.
   *
   * @defaultValue 1_000
   */
  readonly rememberedMax?: number;
}

interface State extends PeerConvergence {
  readonly remembered: ReadonlySet<string>;
}

const unknown: State = {
  lastAgreedMs: undefined,
  differingCount: 0,
  differingSinceMs: undefined,
  sample: [],
  disagreedRounds: 0,
  isIll: false,
  remembered: new Set(),
};

/**
 * Keeps the outcome of comparisons with peers, and says in the log when one disagrees for long.
 *
 * Where there are writes, some key differs at every moment: it is on its way. So a round counts as
 * disagreement only when a key differs that differed in the round before.
 */
export class Convergence {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #options: Required<ConvergenceOptions>;
  readonly #states = new Map<Address, State>();

  constructor({ clock, logger }: ConvergenceDependencies, options: ConvergenceOptions = {}) {
    this.#clock = clock;
    this.#logger = logger;
    this.#options = { quietRoundsMax: 2, sampleMax: 20, rememberedMax: 1_000, ...options };
  }

  /** What is known of a peer; everything unknown when it was never compared. */
  statusOf(peer: Address): PeerConvergence {
    const { remembered: _, ...status } = this.#states.get(peer) ?? unknown;
    return status;
  }

  /** Notes a comparison and the keys that it found to differ. */
  note(peer: Address, differing: readonly string[]): void {
    const before = this.#states.get(peer) ?? unknown;
    const after = this.#after(before, differing);
    this.#states.set(peer, after);
    const { quietRoundsMax } = this.#options;
    const wasLoud = before.disagreedRounds > quietRoundsMax;
    const isLoud = after.disagreedRounds > quietRoundsMax;
    if (isLoud && !wasLoud) this.#warn(peer, after);
    if (wasLoud && !isLoud) this.#logger.info({ peer }, "a peer agrees again");
  }

  /** Notes whether a Java peer has stopped to tell of its services. */
  noteIllness(peer: Address, isIll: boolean): void {
    this.#states.set(peer, { ...(this.#states.get(peer) ?? unknown), isIll });
  }

  /** Forgets everybody who is not among `peers`. */
  retain(peers: readonly Address[]): void {
    const kept = new Set(peers);
    for (const peer of this.#states.keys()) if (!kept.has(peer)) this.#states.delete(peer);
  }

  #after(before: State, differing: readonly string[]): State {
    const nowMs = this.#clock.nowMs();
    const { sampleMax, rememberedMax } = this.#options;
    if (differing.length === 0) return { ...unknown, isIll: before.isIll, lastAgreedMs: nowMs };
    // What lasts comes first, so that it is what is remembered and shown.
    const lasting = differing.filter((key) => before.remembered.has(key));
    const isLasting =
      lasting.length > 0 || (before.differingCount > 0 && differing.length > rememberedMax);
    const shown = isLasting ? [...new Set([...lasting, ...differing])] : differing;
    return {
      ...before,
      differingCount: differing.length,
      differingSinceMs: isLasting ? before.differingSinceMs : nowMs,
      disagreedRounds: isLasting ? before.disagreedRounds + 1 : 1,
      sample: shown.slice(0, sampleMax),
      remembered: new Set(shown.slice(0, rememberedMax)),
    };
  }

  #warn(peer: Address, { differingCount, differingSinceMs, disagreedRounds, sample }: State): void {
    const sinceMs = this.#clock.nowMs() - (differingSinceMs ?? this.#clock.nowMs());
    const fields = { peer, keys: differingCount, sample, rounds: disagreedRounds, sinceMs };
    this.#logger.warn(fields, "a peer disagrees");
  }
}
