import type { Millis } from "./clock.ts";
import type { DatumCopy, Gone, InstanceCopy } from "./datum-copy.ts";
import { beatTimingsOf, type Instance, type InstanceKey, instanceKeyOf } from "./instance.ts";
import { instanceText, isSameInstance } from "./instance-content.ts";
import type { Version } from "./versions.ts";

/** What a member knows of one datum, and what a peer says of it. */
export interface MergeInput {
  /** The instances that stand here. */
  readonly ours: readonly Instance[];

  /** What is left here of an instance that does not stand. */
  readonly ourGone: (instanceKey: InstanceKey) => Gone | undefined;

  readonly theirs: DatumCopy;

  /** Whether a beat was heard so lately that a claim of silence is wrong. */
  readonly isAlive: (instanceKey: InstanceKey) => boolean;

  /** For how long no beat was heard by anybody who told us; `undefined`: none ever was. */
  readonly silenceMsOf: (instanceKey: InstanceKey) => Millis | undefined;

  /** Gives out a version above the one to be replaced, as `Versions.next`. */
  readonly nextVersion: (known: Version) => Version;
}

/**
 * Why an instance is not what it was.
 *
 * - `theirs`: the peer's news are better.
 * - `version`: only their version is. It must be stored, so that later writes are above it; clients and
 *   listeners need not hear of it.
 * - `refuted`: the peer claims silence, and is wrong. All peers must hear of it; clients only when
 *   `isSameInstance(before, after)` is false.
 */
export type MergeKind = "theirs" | "version" | "refuted";

/** One instance that is not what it was. Without `before` it is new here, without `after` gone. */
export interface MergeChange {
  readonly before?: Instance | undefined;
  readonly after?: Instance | undefined;
  readonly kind: MergeKind;
}

/** What follows from what a peer says. Nothing is done yet. */
export interface MergeResult {
  /** At most one change per instance. `before` is one of `ours`, the same object. */
  readonly changes: readonly MergeChange[];

  /** What is to be noted here as gone, also of instances that never stood here. */
  readonly gone: readonly Gone[];

  /**
   * Whether the peer must hear of what is known here afterwards: it would change what stands there.
   * That it does not know of the end of an instance it does not list is nothing.
   */
  readonly peerLacks: boolean;
}

/**
 * Merges what a Nacre peer says of a datum into what stands here, instance by instance.
 *
 * Of what both know, the higher version wins. At the same version gone beats standing, and of two that
 * stand the one whose text is greater wins: no matter who is asked, in which order and how often, all
 * members end with the same. What the peer does not mention stays as it is.
 *
 * A winner that claims silence, of an instance that beats, is refuted: the instance stays, healthy,
 * with a version above the claim's, and so wins everywhere. Whether an operator set an instance
 * unhealthy by hand cannot be seen here; that is undone too, as its next beat would have done.
 *
 * A loser that claims silence, of an instance that nobody who told us heard for the whole time-out
 * either, is agreed to: with a version above ours. Sums do not cover versions, so the member that is
 * responsible may know a lower one of what it rightly calls silent.
 *
 * Linear in the number of instances.
 */
export function mergedDatum(input: MergeInput): MergeResult {
  const standing = standingOf(input.ours);
  const told = toldBy(input.theirs);
  const changes: MergeChange[] = [];
  const gone: Gone[] = [];
  let peerLacks = false;
  let mentionedCount = 0;
  for (const [key, their] of told) {
    const before = standing.get(key);
    if (before !== undefined) mentionedCount++;
    // What stands is newer than what was gone before it.
    const our = before ?? input.ourGone(key);
    const order = our === undefined ? -1 : compareStates(our, their);
    if (order > 0) {
      peerLacks ||= before !== undefined || !isGone(their);
      const agreed = before === undefined ? undefined : agreementWith(before, their, key, input);
      if (agreed === undefined) continue;
      if (isGone(agreed)) gone.push(agreed);
      changes.push({ before, after: isGone(agreed) ? undefined : agreed, kind: "theirs" });
    }
    if (order >= 0) continue;
    const refutation = before === undefined ? undefined : refutationOf(before, their, key, input);
    if (refutation !== undefined) {
      changes.push({ before, after: refutation, kind: "refuted" });
      peerLacks = true;
    } else if (isGone(their)) {
      gone.push(their);
      if (before !== undefined) changes.push({ before, kind: "theirs" });
    } else {
      const isSame = before !== undefined && isSameInstance(before, their);
      changes.push({ before, after: their, kind: isSame ? "version" : "theirs" });
    }
  }
  peerLacks ||= mentionedCount < standing.size;
  return { changes, gone, peerLacks };
}

/** What is known of an instance: it stands, or it is gone. */
type State = Instance | Gone;

function isGone(state: State): state is Gone {
  return "instanceKey" in state;
}

/** The instances that stand here by their key. */
export function standingOf(instances: readonly Instance[]): ReadonlyMap<InstanceKey, Instance> {
  return new Map(instances.map((instance) => [instanceKeyOf(instance), instance]));
}

/**
 * What a peer lists, by its key. Of duplicates the first counts, as in what Nacos serves (`distro.md`
 * 7.1).
 */
export function copiesOf({ instances }: DatumCopy): ReadonlyMap<InstanceKey, InstanceCopy> {
  const copies = new Map<InstanceKey, InstanceCopy>();
  for (const copy of instances) {
    const key = instanceKeyOf(copy.instance);
    if (!copies.has(key)) copies.set(key, copy);
  }
  return copies;
}

// A peer that says two things of one instance means the stronger one.
function toldBy(theirs: DatumCopy): ReadonlyMap<InstanceKey, State> {
  const told = new Map<InstanceKey, State>();
  for (const [key, { instance }] of copiesOf(theirs)) told.set(key, instance);
  for (const gone of theirs.gone) {
    const other = told.get(gone.instanceKey);
    if (other === undefined || compareStates(other, gone) < 0) told.set(gone.instanceKey, gone);
  }
  return told;
}

// A total order, the same on all members: everything else rests on that.
function compareStates(a: State, b: State): number {
  if (a.version !== b.version) return a.version < b.version ? -1 : 1;
  if (isGone(a)) return isGone(b) ? rankOf(a) - rankOf(b) : 1;
  if (isGone(b)) return -1;
  if (isSameInstance(a, b)) return 0;
  return instanceText(a) < instanceText(b) ? -1 : 1;
}

// What somebody said outlasts what somebody did not hear.
function rankOf({ kind }: Gone): number {
  return kind === "deregistered" ? 1 : 0;
}

function refutationOf(
  before: Instance,
  claim: State,
  key: InstanceKey,
  { isAlive }: MergeInput,
): Instance | undefined {
  if (!claimsSilence(before, claim) || !isAlive(key)) return undefined;
  const instance = isGone(claim) ? before : claim;
  // Just above the claim, whatever the time is: what somebody wrote after the claim must win, though it
  // may still be on its way. And all who refute the claim say the same.
  const version = Math.min(claim.version + 1, Number.MAX_SAFE_INTEGER);
  return { ...instance, healthy: true, version };
}

function agreementWith(
  before: Instance,
  claim: State,
  key: InstanceKey,
  { silenceMsOf }: MergeInput,
): State | undefined {
  if (!claimsSilence(before, claim)) return undefined;
  const { timeoutMs, deleteTimeoutMs } = beatTimingsOf(before.metadata);
  const silenceMs = silenceMsOf(key) ?? 0;
  if (silenceMs <= (isGone(claim) ? deleteTimeoutMs : timeoutMs)) return undefined;
  const version = Math.min(before.version + 1, Number.MAX_SAFE_INTEGER);
  if (isGone(claim)) return { instanceKey: key, version, kind: "expired" };
  return { ...before, healthy: false, version };
}

/**
 * Whether news of an instance that stands say only that nobody heard its beats. Marked instances do not
 * beat, so there it was somebody's will.
 */
export function claimsSilence(before: Instance, news: Instance | Gone): boolean {
  if (before.marked) return false;
  if (isGone(news)) return news.kind === "expired";
  return before.healthy && !news.healthy && !news.marked;
}
