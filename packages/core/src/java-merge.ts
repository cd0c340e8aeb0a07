import type { Millis } from "./clock.ts";
import type { Gone, InstanceCopy } from "./datum-copy.ts";
import { beatTimingsOf, type Instance, type InstanceKey } from "./instance.ts";
import { isSameInstance } from "./instance-content.ts";
import {
  claimsSilence,
  copiesOf,
  type MergeChange,
  type MergeInput,
  type MergeResult,
  standingOf,
} from "./merge.ts";

/** A {@link MergeInput} with the list of the Java peer that is responsible for the service. */
export interface TakeFromResponsibleInput extends MergeInput {
  /**
   * Whether what is known here of an instance stays although the peer says otherwise: it was written
   * here while the peer could not be asked or had not been told yet.
   */
  readonly isKept: (instanceKey: InstanceKey) => boolean;
}

/** A {@link MergeInput} with the list of a Java peer that is not responsible for the service. */
export interface TakeFromOtherInput extends MergeInput {
  /** How long ago an instance went here; `undefined` when that is not known. */
  readonly goneAgeMs?: ((instanceKey: InstanceKey) => Millis | undefined) | undefined;
}

/**
 * Takes over the list of the Java peer that is responsible for a service. The list is what stands:
 * instances are added, replaced with their health (`distro.md` 7.6), brought back although they were
 * gone here, and removed when they are missing in it. Only what `isKept` names stays.
 *
 * Its instances have no versions, so all that changes gets one above that of what it replaces. A
 * caller makes sure that the list is fresh and whole: this removes.
 */
export function takenFromResponsible(input: TakeFromResponsibleInput): MergeResult {
  const { ourGone, nextVersion, isKept } = input;
  const standing = standingOf(input.ours);
  const told = copiesOf(input.theirs);
  const changes: MergeChange[] = [];
  const gone: Gone[] = [];
  let peerLacks = false;
  for (const [key, { instance }] of told) {
    const before = standing.get(key);
    if (before !== undefined && isSameInstance(before, instance)) continue;
    if (isKept(key)) peerLacks = true;
    else {
      const known = (before ?? ourGone(key))?.version ?? 0;
      const after = { ...instance, version: nextVersion(known) };
      changes.push({ before, after, kind: "theirs" });
    }
  }
  for (const [instanceKey, before] of standing) {
    if (told.has(instanceKey)) continue;
    if (isKept(instanceKey)) peerLacks = true;
    else {
      gone.push({ instanceKey, version: nextVersion(before.version), kind: "deregistered" });
      changes.push({ before, kind: "theirs" });
    }
  }
  return { changes, gone, peerLacks };
}

/**
 * Takes from the list of a Java peer that is not responsible for a service what it may know better. It
 * adds an instance that is unknown here and whose last beat there is fresh: younger than its delete
 * time-out, and than its end here. It replaces one whose last beat there is later than here. It removes
 * nothing, and does not believe that an instance is silent which beats here.
 *
 * All that changes gets the version just above that of what it replaces, whatever the time is: the
 * peer's news may be old, and what was written at a Nacre member meanwhile must win. `peerLacks` says
 * whether the lists differ afterwards.
 */
export function takenFromOther(input: TakeFromOtherInput): MergeResult {
  const standing = standingOf(input.ours);
  const told = copiesOf(input.theirs);
  const changes: MergeChange[] = [];
  // What is listed twice there is served once, and differs from a list without it.
  let peerLacks = input.theirs.instances.length > told.size;
  let mentionedCount = 0;
  for (const [key, copy] of told) {
    const before = standing.get(key);
    if (before !== undefined) mentionedCount++;
    const after =
      before === undefined ? added(key, copy, input) : replaced(key, before, copy, input);
    if (after !== undefined) changes.push({ before, after, kind: "theirs" });
    const now = after ?? before;
    peerLacks ||= now === undefined || !isSameInstance(now, copy.instance);
  }
  peerLacks ||= mentionedCount < standing.size;
  return { changes, gone: [], peerLacks };
}

function added(
  key: InstanceKey,
  { instance, silenceMs = Number.POSITIVE_INFINITY }: InstanceCopy,
  { ourGone, goneAgeMs }: TakeFromOtherInput,
): Instance | undefined {
  const isFresh = instance.marked || silenceMs < beatTimingsOf(instance.metadata).deleteTimeoutMs;
  if (!isFresh) return undefined;
  const gone = ourGone(key);
  // An end of unknown age counts as just now.
  if (gone !== undefined && (goneAgeMs?.(key) ?? 0) <= silenceMs) return undefined;
  return { ...instance, version: (gone?.version ?? 0) + 1 };
}

function replaced(
  key: InstanceKey,
  before: Instance,
  { instance, silenceMs = Number.POSITIVE_INFINITY }: InstanceCopy,
  { isAlive, silenceMsOf }: TakeFromOtherInput,
): Instance | undefined {
  if (silenceMs >= (silenceMsOf(key) ?? Number.POSITIVE_INFINITY)) return undefined;
  const isWrong = claimsSilence(before, instance) && isAlive(key);
  const news = isWrong ? { ...instance, healthy: true } : instance;
  if (isSameInstance(before, news)) return undefined;
  return { ...news, version: before.version + 1 };
}
