import { type BeatTimings, beatTimingsOf, type Instance, type Millis } from "@nacre/core";
import type { Service } from "./service.ts";

/**
 * What a member knows of an ephemeral instance's life: the instance as it stands, when it last gave
 * a sign, and when that will have to be looked at. Times are lived time ({@link LivedTime}).
 *
 * It changes with every beat, so it is the one thing here that is edited in place.
 */
export class Lease {
  readonly service: Service;
  #instance: Instance;
  #timings: BeatTimings;
  #intervalMs: Millis | undefined;

  /** When it last beat, or was registered. */
  lastBeatMs: Millis;

  /** Whether it has ever beaten. Only then its silence means anything to the brake. */
  hasBeaten = false;

  /** Until when its removal is held; `undefined` when it is not. */
  heldUntilMs: Millis | undefined;

  /** The slot of the {@link DeadlineWheel} in which it waits; anything else there is outdated. */
  slot = -1;

  constructor(service: Service, instance: Instance, nowMs: Millis) {
    this.service = service;
    this.#instance = instance;
    this.#timings = beatTimingsOf(instance.metadata);
    this.#intervalMs = askedIntervalMs(instance, this.#timings);
    this.lastBeatMs = nowMs;
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

  /** When it must be looked at next, if no beat comes until then. */
  get deadlineMs(): Millis {
    if (this.heldUntilMs !== undefined) return this.heldUntilMs;
    const { timeoutMs, deleteTimeoutMs } = this.#timings;
    const silenceMs = this.#instance.healthy
      ? Math.min(timeoutMs, deleteTimeoutMs)
      : deleteTimeoutMs;
    return this.lastBeatMs + silenceMs;
  }
}

function askedIntervalMs({ metadata }: Instance, { intervalMs }: BeatTimings): Millis | undefined {
  const asks = metadata !== null && Object.hasOwn(metadata, "preserved.heart.beat.interval");
  return asks ? intervalMs : undefined;
}
