import type {
  Address,
  Beaten,
  BeatGroup,
  BeatMessage,
  DatumKey,
  InstanceKey,
  Millis,
} from "@nacre/core";

interface HeardGroup {
  readonly key: DatumKey;
  readonly instanceKeys: InstanceKey[];

  /** When the first of the beats was heard, so that no silence is told too short. */
  heardMs: Millis;
}

/** Beats on their way to peers, in the time of `Clock.nowMs`, as they age while they wait. */
export class BeatBatch {
  /** Whom the receivers are asked to pass the beats on to. */
  readonly relayTo: readonly Address[];

  /** How many instances it names. */
  readonly beatCount: number;

  /** When the first of the beats was heard. */
  readonly heardMs: Millis;

  readonly #groups: readonly HeardGroup[];
  #message: BeatMessage | undefined;
  #messageMs: Millis | undefined;

  private constructor(groups: readonly HeardGroup[], relayTo: readonly Address[]) {
    this.#groups = groups;
    this.relayTo = relayTo;
    this.beatCount = groups.reduce((sum, { instanceKeys }) => sum + instanceKeys.length, 0);
    this.heardMs = groups.reduce((first, { heardMs }) => Math.min(first, heardMs), Infinity);
  }

  /**
   * Groups beats by their datum, and lets them queue again.
   *
   * @param offsetMs what turns lived time into that of `Clock.nowMs`
   */
  static of(
    beats: Iterable<Beaten>,
    { offsetMs, relayTo }: { readonly offsetMs: Millis; readonly relayTo: readonly Address[] },
  ): BeatBatch {
    const groups = new Map<DatumKey, HeardGroup>();
    for (const beaten of beats) {
      beaten.isQueued = false;
      const { datumKey: key, instanceKey } = beaten;
      const heardMs = beaten.lastHeardMs + offsetMs;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { key, instanceKeys: [instanceKey], heardMs });
      else {
        group.instanceKeys.push(instanceKey);
        if (heardMs < group.heardMs) group.heardMs = heardMs;
      }
    }
    return new BeatBatch([...groups.values()], relayTo);
  }

  /** The beats of a peer's message, which are passed on. */
  static from({ beats }: BeatMessage, nowMs: Millis): BeatBatch {
    const groups = beats.map(({ key, instanceKeys, silenceMs }) => ({
      key,
      instanceKeys: [...instanceKeys],
      heardMs: nowMs - silenceMs,
    }));
    return new BeatBatch(groups, []);
  }

  /** The message as it is true at `nowMs`; the same object when it is asked for again at once. */
  messageAt(nowMs: Millis): BeatMessage {
    if (this.#message !== undefined && this.#messageMs === nowMs) return this.#message;
    const beats = this.#groups.map(({ key, instanceKeys, heardMs }): BeatGroup => {
      return { key, instanceKeys, silenceMs: Math.max(0, nowMs - heardMs) };
    });
    this.#message = { beats, relayTo: this.relayTo };
    this.#messageMs = nowMs;
    return this.#message;
  }
}
