import {
  type BeatTimings,
  type Beaten,
  beatTimingsOf,
  type DatumKey,
  type Instance,
  type InstanceKey,
  instanceKeyOf,
  type Millis,
} from "@nacre/core";
import type { Service } from "./service.ts";

/**
 * What a member knows of an ephemeral instance's life: the instance as it stands, when it last gave
 * a sign, and when that will have to be looked at. Times are lived time ({@link LivedTime}) unless they
 * are for peers.
 *
 * It changes with every beat, so it is the one thing here that is edited in place.
 */
export class Lease implements Beaten {
  readonly service: Service;
  readonly instanceKey: InstanceKey;
  #instance: Instance;
  #timings: BeatTimings;
  #intervalMs: Millis | undefined;

  /**
   * From when its silence is counted: when it last beat or was registered, as far as is known, or when
   * it became known here.
   */
  lastBeatMs: Millis;

  /**
   * When a beat or a registration was heard, here or by a peer that told of it, by `Clock.nowMs`: for
   * peers it does not matter that this process stood still. Minus infinity when none was.
   */
  evidenceMs: Millis = Number.NEGATIVE_INFINITY;

  /** Whether it has ever beaten. Only then its silence means anything to the brake. */
  hasBeaten = false;

  /** Until when its removal is held; `undefined` when it is not. */
  heldUntilMs: Millis | undefined;

  isQueued = false;

  /** The slot of the {@link DeadlineWheel} in which it waits; anything else there is outdated. */
  slot = -1;

  constructor(
    service: Service,
    instance: Instance,
    nowMs: Millis,
    key: InstanceKey = instanceKeyOf(instance),
  ) {
    this.service = service;
    this.instanceKey = key;
    this.#instance = instance;
    this.#timings = beatTimingsOf(instance.metadata);
    this.#intervalMs = askedIntervalMs(instance, this.#timings);
    this.lastBeatMs = nowMs;
  }

  get datumKey(): DatumKey {
    return this.service.key;
  }

  /** Who asks has just heard it, so this is when. */
  get lastHeardMs(): Millis {
    return this.lastBeatMs;
  }

  get instance(): Instance {
    return this.#instance;
  }

  set instance(instance: Instance) {
    if (instance.metadata !== this.#instance.metadata) {
      this.#timings = beatTimingsOf(instance.metadata);
      this.#intervalMs = askedIntervalMs(instance, this.#timings);
    }
    this.#instance = instance;
  }

  get timings(): BeatTimings {
    return this.#timings;
  }

  /** How often it asks to be beaten for; `undefined` when it leaves that to the member. */
  get intervalMs(): Millis | undefined {
    return this.#intervalMs;
  }

  /** From when its silence counts for this member: not before it became responsible. */
  get countsFromMs(): Millis {
    return Math.max(this.lastBeatMs, this.service.isOursSinceMs);
  }

  /** How long it may be silent until something has to be done. */
  get silenceMsMax(): Millis {
    const { timeoutMs, deleteTimeoutMs } = this.#timings;
    return this.#instance.healthy ? Math.min(timeoutMs, deleteTimeoutMs) : deleteTimeoutMs;
  }

  /** When it must be looked at next, if no beat comes until then. */
  get deadlineMs(): Millis {
    return this.heldUntilMs ?? this.countsFromMs + this.silenceMsMax;
  }

  /** For how long, at `clockMs`, nobody who told us heard it; `undefined` when nobody ever did. */
  silenceMsAt(clockMs: Millis): Millis | undefined {
    return this.evidenceMs === Number.NEGATIVE_INFINITY ? undefined : clockMs - this.evidenceMs;
  }

  /** Whether it was heard so lately, within half of its time-out, that no one can call it silent. */
  isAliveAt(clockMs: Millis): boolean {
    const { timeoutMs, deleteTimeoutMs } = this.#timings;
    return clockMs - this.evidenceMs <= Math.min(timeoutMs, deleteTimeoutMs) / 2;
  }
}

function askedIntervalMs({ metadata }: Instance, { intervalMs }: BeatTimings): Millis | undefined {
  const asks = metadata !== null && Object.hasOwn(metadata, "preserved.heart.beat.interval");
  return asks ? intervalMs : undefined;
}
