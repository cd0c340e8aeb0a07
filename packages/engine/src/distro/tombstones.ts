import assert from "node:assert/strict";
import type { Clock, DatumKey, Gone, InstanceKey, Millis } from "@nacre/core";

/** What {@link Tombstones} are built from. */
export interface TombstonesDependencies {
  readonly clock: Clock;
}

/** The limits of {@link Tombstones}. */
export interface TombstonesOptions {
  /**
   * How long one is kept at least. Older news of an instance that travels for longer than this can
   * bring it back.
   *
   * @defaultValue 600_000
   */
  readonly lifeMs?: Millis;

  /**
   * How many there may be at once. Beyond that the oldest go: one in 64, so that it happens rarely.
   *
   * @defaultValue 1_000_000
   */
  readonly goneMax?: number;
}

interface Tombstone extends Gone {
  readonly key: DatumKey;
  readonly notedMs: Millis;
}

const DROPPED_RATIO = 1 / 64;

/**
 * What is left of instances that are gone, for some minutes: so that a copy which is older than the
 * removal brings nothing back (`protocol.md`, Writes).
 */
export class Tombstones {
  readonly #clock: Clock;
  readonly #lifeMs: Millis;
  readonly #goneMax: number;
  readonly #byKey = new Map<DatumKey, Map<InstanceKey, Tombstone>>();

  /** All of them, the oldest first. */
  readonly #byAge = new Set<Tombstone>();
  #droppedCount = 0;

  constructor(
    { clock }: TombstonesDependencies,
    { lifeMs = 600_000, goneMax = 1_000_000 }: TombstonesOptions = {},
  ) {
    assert(lifeMs > 0 && goneMax > 0);
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#goneMax = goneMax;
  }

  /** How many there are. */
  get size(): number {
    return this.#byAge.size;
  }

  /** How many were dropped before their time, because there were too many. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** What is left of one instance. */
  get(key: DatumKey, instanceKey: InstanceKey): Gone | undefined {
    return this.#byKey.get(key)?.get(instanceKey);
  }

  /** How long ago it was noted that an instance is gone; `undefined`: it is not known to be. */
  ageMsOf(key: DatumKey, instanceKey: InstanceKey): Millis | undefined {
    const tombstone = this.#byKey.get(key)?.get(instanceKey);
    return tombstone === undefined ? undefined : this.#clock.nowMs() - tombstone.notedMs;
  }

  /** What is left of a service's instances, in no particular order. */
  of(key: DatumKey): readonly Gone[] {
    const ofDatum = this.#byKey.get(key);
    return ofDatum === undefined ? [] : [...ofDatum.values()];
  }

  /** Takes note that an instance is gone, unless a later removal of it is known. */
  note(key: DatumKey, { instanceKey, version, kind }: Gone): void {
    const known = this.#byKey.get(key)?.get(instanceKey);
    if (known !== undefined && known.version >= version) return;
    if (known !== undefined) this.#drop(known);
    const tombstone = { key, instanceKey, version, kind, notedMs: this.#clock.nowMs() };
    const ofDatum = this.#byKey.get(key);
    if (ofDatum === undefined) this.#byKey.set(key, new Map([[instanceKey, tombstone]]));
    else ofDatum.set(instanceKey, tombstone);
    this.#byAge.add(tombstone);
    if (this.#byAge.size > this.#goneMax) this.#dropOldest();
  }

  /** Forgets what is left of an instance: it stands again. */
  forget(key: DatumKey, instanceKey: InstanceKey): void {
    const tombstone = this.#byKey.get(key)?.get(instanceKey);
    if (tombstone !== undefined) this.#drop(tombstone);
  }

  /** Forgets those whose life is over. Call it once a minute or so. */
  forgetOld(): void {
    const untilMs = this.#clock.nowMs() - this.#lifeMs;
    for (const tombstone of this.#byAge) {
      if (tombstone.notedMs > untilMs) return;
      this.#drop(tombstone);
    }
  }

  #dropOldest(): void {
    let left = Math.ceil(this.#goneMax * DROPPED_RATIO);
    for (const tombstone of this.#byAge) {
      if (left-- === 0) return;
      this.#drop(tombstone);
      this.#droppedCount++;
    }
  }

  #drop(tombstone: Tombstone): void {
    const { key, instanceKey } = tombstone;
    this.#byAge.delete(tombstone);
    const ofDatum = this.#byKey.get(key);
    ofDatum?.delete(instanceKey);
    if (ofDatum?.size === 0) this.#byKey.delete(key);
  }
}
