import assert from "node:assert/strict";
import {
  type CauseKind,
  type Clock,
  type Datum,
  type DatumCopy,
  type DatumKey,
  type DatumListener,
  editedInstances,
  epochMsOf,
  type Gone,
  type InstanceChange,
  type InstanceKey,
  instanceKeyOf,
  instancesChecksum,
  instancesSum,
  isDatumKey,
  isSameInstance,
  type MergeChange,
  mergedDatum,
  type MergeInput,
  type MergeResult,
  type Millis,
  NacreError,
  StateDigest,
  type Store,
  takenFromOther,
  takenFromResponsible,
  type ValueDatum,
  valueSum,
  type Version,
  type Versions,
} from "@nacre/core";
import {
  type ChangeOrigin,
  deafListener,
  type DistroDataDependencies,
  type DistroDataOptions,
  type Merged,
} from "./distro-data-options.ts";
import { Doubts } from "./doubts.ts";
import { Refusals } from "./refusals.ts";
import { Tombstones } from "./tombstones.ts";
import { isLaterValue, Values } from "./values.ts";
import { versionedChanges } from "./versioned-changes.ts";

export type { ChangeOrigin, DistroDataDependencies, DistroDataOptions, Merged };

const NOTHING: Merged = { isChanged: false, peerLacks: false };

/**
 * All that a member holds: the data of services, what is left of what is gone, and the data of other
 * kinds. Local writes and the copies of peers end here, and nowhere else.
 *
 * Each change is made in one order: stored, told to the listener, told to `onChange`. While it is told
 * the listener may remove a datum as its last step, and must not write otherwise: it would hear of the
 * later change first.
 */
export class DistroData {
  /** Sums over everything, for members to compare. What is gone or deleted counts as nothing. */
  readonly digest: StateDigest;

  readonly #clock: Clock;
  readonly #store: Store;
  readonly #versions: Versions;
  readonly #tombstones: Tombstones;
  readonly #values: Values;
  readonly #refusals: Refusals;
  readonly #options: DistroDataOptions;
  readonly #goneLifeMs: Millis;
  readonly #checksums = new WeakMap<Datum, string>();
  readonly #doubts: Doubts;
  #listener: DatumListener = deafListener;
  #isTelling = false;

  constructor(dependencies: DistroDataDependencies, options: DistroDataOptions = {}) {
    const { clock, logger, store, versions } = dependencies;
    const { goneLifeMs: lifeMs = 600_000, goneMax = 1_000_000, valuesMax = 1_000_000 } = options;
    this.#clock = clock;
    this.#store = store;
    this.#versions = versions;
    this.#options = options;
    this.#goneLifeMs = lifeMs;
    this.#tombstones = new Tombstones({ clock }, { lifeMs, goneMax });
    this.#values = new Values({ clock }, { lifeMs, valuesMax });
    this.#doubts = new Doubts({ clock });
    this.#refusals = new Refusals({ clock, logger });
    this.digest = new StateDigest({ sumOf: (key) => this.#sumOf(key) });
  }

  /** How many instances are known to be gone. */
  get goneCount(): number {
    return this.#tombstones.size;
  }

  /** How many of these were forgotten before their time. */
  get goneDroppedCount(): number {
    return this.#tombstones.droppedCount;
  }

  /** How many data of other kinds there are, deleted ones included. */
  get valueCount(): number {
    return this.#values.size;
  }

  /** How many data of peers were refused, of either kind. */
  get refusedCount(): number {
    return this.#refusals.count + this.#values.refusedCount;
  }

  /** Names the one listener. */
  listen(listener: DatumListener): void {
    assert(this.#listener === deafListener, "there is a listener already");
    this.#listener = listener;
  }

  get(key: DatumKey): Datum | undefined {
    return this.#store.get(key);
  }

  /** The data of services; a write meanwhile may or may not be seen. */
  *keys(): Iterable<DatumKey> {
    for (const { key } of this.#store.data()) yield key;
  }

  /**
   * What a peer is told of a datum. One without instances is something to tell as well: that there are
   * none. `undefined`: nothing is known of it, or no longer. What is in doubt is told to nobody.
   */
  copyOf(key: DatumKey): DatumCopy | undefined {
    const datum = this.#store.get(key);
    const gone = this.#tombstones.of(key);
    if (datum === undefined && gone.length === 0) return undefined;
    const instances = (datum?.instances ?? []).filter((instance) => !this.#doubts.has(instance));
    const copies = instances.map((instance) => ({
      instance,
      silenceMs: this.#listener.silenceMsOf(key, instanceKeyOf(instance)),
    }));
    return { key, instances: copies, gone };
  }

  /** What peers are told of a datum of another kind; it may be known as deleted. */
  valueOf(key: string): ValueDatum | undefined {
    const value = this.#values.get(key);
    return value !== undefined && this.#doubts.has(value) ? undefined : value;
  }

  /** All data of other kinds, deleted ones included. */
  values(): Iterable<ValueDatum> {
    return this.#values.all();
  }

  /** The checksum of a datum as Java computes it (`distro.md` 1.4), kept until it changes. */
  checksumOf(key: DatumKey): string {
    const datum = this.#store.get(key);
    if (datum === undefined) return instancesChecksum([]);
    const known = this.#checksums.get(datum);
    if (known !== undefined) return known;
    const checksum = instancesChecksum(datum.instances);
    this.#checksums.set(datum, checksum);
    return checksum;
  }

  /** Changes instances of a datum, see `ConsistencyService`. */
  put(key: DatumKey, changes: readonly InstanceChange[], acceptedAs?: Version): void {
    if (acceptedAs !== undefined) this.#versions.observe(acceptedAs);
    const { changes: versioned, gone } = versionedChanges(changes, {
      ours: this.#store.get(key)?.instances ?? [],
      ourGone: (instanceKey) => this.#tombstones.get(key, instanceKey),
      nextVersion: (known) => this.#versions.next(known),
      acceptedAs,
      epochMs: this.#clock.epochMs(),
    });
    if (versioned.length > 0) this.#write(key, versioned, gone, "self");
  }

  /** Removes a datum whose service is gone here. What is known to be gone stays known. */
  remove(key: DatumKey): void {
    this.#store.delete(key);
    this.#touch(key);
    this.#tell(() => this.#listener.onRemove(key));
  }

  /**
   * Sets or deletes a datum of another kind. The listener and the peers hear of it also when that is how
   * it stood.
   *
   * @throws NacreError `LIMIT_REACHED` when there is no room for another one
   */
  putValue(key: string, text: string | undefined): void {
    const value = { key, version: this.#versions.next(this.#values.get(key)?.version), text };
    if (!this.#takeValue(value, "self")) {
      throw new NacreError("LIMIT_REACHED", `${this.#values.size} data of other kinds exist`);
    }
  }

  /** Merges what a Nacre peer says of a datum. `cause` and `detail` are told to the listener. */
  merge(copy: DatumCopy, cause: CauseKind, detail: string): Merged {
    return this.#take(copy, mergedDatum, cause, detail);
  }

  /** Merges what a Nacre peer says of a datum of another kind. */
  mergeValue(value: ValueDatum): Merged {
    this.#versions.observe(value.version);
    const ours = this.#values.get(value.key);
    if (ours === undefined) {
      if (value.text === undefined && !this.#isYoung(value.version)) return NOTHING;
    } else if (!isLaterValue(value, ours)) {
      return { isChanged: false, peerLacks: isLaterValue(ours, value) };
    }
    return { isChanged: this.#takeValue(value, "peer"), peerLacks: false };
  }

  /** Takes over the list of the Java peer that is responsible for the service. */
  takeFromResponsible(copy: DatumCopy, cause: CauseKind, detail: string): Merged {
    const { isKept = () => false } = this.#options;
    const rule = (input: MergeInput): MergeResult =>
      takenFromResponsible({ ...input, isKept: (instanceKey) => isKept(copy.key, instanceKey) });
    return this.#take(copy, rule, cause, detail);
  }

  /** Takes from the list of a Java peer that is not responsible what it knows better. */
  takeFromOther(copy: DatumCopy, cause: CauseKind, detail: string): Merged {
    const goneAgeMs = (instanceKey: InstanceKey): Millis | undefined =>
      this.#tombstones.ageMsOf(copy.key, instanceKey);
    return this.#take(copy, (input) => takenFromOther({ ...input, goneAgeMs }), cause, detail);
  }

  /** Whether what is held is in doubt. */
  get isInDoubt(): boolean {
    return this.#doubts.isAny;
  }

  /** Doubts all that stands, see {@link Doubts}. */
  doubt(): void {
    this.#doubts.begin(this.#store.data(), this.#values.all());
  }

  /**
   * Gives up what is in doubt under a key and not in the copy of a peer that was there all the time;
   * `undefined`: it holds nothing there. No peer is told, and it is not noted as gone: whoever holds it
   * may bring it back.
   */
  giveUp(key: string, theirs: DatumCopy | undefined, detail: string): void {
    if (!this.#doubts.isAny) return;
    if (!isDatumKey(key)) return this.#giveUpValue(key);
    const instances = this.#store.get(key)?.instances ?? [];
    const given = this.#doubts.amongOthersThan(theirs, instances);
    const cause = { kind: "loaded", detail } as const;
    const changes = given.map((before) => ({ before, cause }));
    this.#write(key, changes, [], "peer");
  }

  /** Doubts nothing any more. */
  trust(): void {
    this.#doubts.end();
  }

  /** A job, every minute or so: forgets what has been gone or deleted for long. */
  forgetOldGone(): void {
    this.#tombstones.forgetOld();
    this.#values.forgetOld();
  }

  #take(
    copy: DatumCopy,
    rule: (input: MergeInput) => MergeResult,
    kind: CauseKind,
    detail: string,
  ): Merged {
    const { key } = copy;
    const ours = this.#store.get(key);
    if (ours === undefined && copy.instances.length > 0 && !this.#listener.mayTake(key)) {
      this.#refusals.note(key);
      return NOTHING;
    }
    for (const { instance } of copy.instances) this.#versions.observe(instance.version);
    for (const { version } of copy.gone) this.#versions.observe(version);
    const { changes, gone, peerLacks } = rule({
      ours: ours?.instances ?? [],
      theirs: copy,
      ourGone: (instanceKey) => this.#tombstones.get(key, instanceKey),
      // Who stood still may just read beats that came long ago.
      isAlive: (instanceKey) => !this.#doubts.isAny && this.#listener.isAlive(key, instanceKey),
      silenceMsOf: (instanceKey) => this.#listener.silenceMsOf(key, instanceKey),
      nextVersion: (known) => this.#versions.next(known),
    });
    const told = changes.map((change) => ({ ...change, cause: causeOf(change, kind, detail) }));
    const lasting = gone.filter((one) => this.#isYoung(one.version) || isRemoval(one, changes));
    const isRefuted = changes.some((change) => change.kind === "refuted");
    if (kind === "synced") this.#doubts.addOld(changes);
    this.#write(key, told, lasting, isRefuted ? "self" : "peer");
    this.#passOnBeats(copy, changes);
    return { isChanged: changes.some(canBeSeen), peerLacks };
  }

  #write(
    key: DatumKey,
    changes: readonly InstanceChange[],
    gone: readonly Gone[],
    origin: ChangeOrigin,
  ): void {
    assert(!this.#isTelling, "the listener must not write while it is told");
    const ours = this.#store.get(key);
    const instances = editedInstances(ours?.instances ?? [], changes);
    const datum = { key, instances };
    // Of a service that nobody has, only the tombstone is kept: nobody would ever remove an empty datum.
    const isKept = changes.length > 0 && (ours !== undefined || instances.length > 0);
    if (isKept) this.#store.put(datum);
    for (const { after } of changes) {
      if (after !== undefined) this.#tombstones.forget(key, instanceKeyOf(after));
    }
    for (const one of gone) this.#tombstones.note(key, one);
    if (changes.length === 0) return;
    this.#touch(key);
    if (isKept) this.#tell(() => this.#listener.onPut(datum, changes));
    this.#options.onChange?.(key, origin);
  }

  #takeValue(value: ValueDatum, origin: ChangeOrigin): boolean {
    assert(!this.#isTelling, "the listener must not write while it is told");
    if (!this.#values.put(value)) return false;
    this.#touch(value.key);
    this.#tell(() => this.#listener.onValue(value));
    this.#options.onChange?.(value.key, origin);
    return true;
  }

  #giveUpValue(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined || !this.#doubts.has(value)) return;
    // With its own version: it comes back where somebody holds it.
    this.#takeValue({ ...value, text: undefined }, "peer");
  }

  // Of instances that are new here only. What a copy says of others went through several members, each
  // of which adds what the way took: told back and forth, nothing would ever fall silent.
  #passOnBeats({ key, instances }: DatumCopy, changes: readonly MergeChange[]): void {
    const added = new Set<InstanceKey>();
    for (const { before, after } of changes) {
      if (before === undefined && after !== undefined) added.add(instanceKeyOf(after));
    }
    if (added.size === 0) return;
    for (const { instance, silenceMs } of instances) {
      const instanceKey = instanceKeyOf(instance);
      if (silenceMs === undefined || !added.has(instanceKey)) continue;
      this.#listener.onBeat(key, instanceKey, silenceMs);
    }
  }

  #tell(call: () => void): void {
    const wasTelling = this.#isTelling;
    this.#isTelling = true;
    try {
      call();
    } finally {
      this.#isTelling = wasTelling;
    }
  }

  #touch(key: string): void {
    if (this.#options.keepsDigest ?? true) this.digest.touch(key);
  }

  #sumOf(key: string): string | undefined {
    if (isDatumKey(key)) return instancesSum(this.#store.get(key)?.instances ?? []);
    const value = this.#values.get(key);
    return value?.text === undefined ? undefined : valueSum(value);
  }

  // What is old by its version is not noted anew, or members would keep it alive by telling each other.
  #isYoung(version: Version): boolean {
    return this.#clock.epochMs() - epochMsOf(version) < this.#goneLifeMs;
  }
}

function isRemoval({ instanceKey }: Gone, changes: readonly MergeChange[]): boolean {
  return changes.some(
    ({ before, after }) =>
      after === undefined && before !== undefined && instanceKeyOf(before) === instanceKey,
  );
}

function causeOf({ kind }: MergeChange, cause: CauseKind, detail: string): InstanceChange["cause"] {
  return { kind: kind === "refuted" ? "still alive" : cause, detail };
}

/** Not when only the version is another one. */
function canBeSeen({ before, after }: Pick<InstanceChange, "before" | "after">): boolean {
  return before === undefined || after === undefined || !isSameInstance(before, after);
}
