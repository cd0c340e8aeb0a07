import {
  type Cause,
  epochMsOf,
  type Gone,
  type Instance,
  type InstanceChange,
  type InstanceKey,
  instanceKeyOf,
  type Millis,
  type Version,
} from "@nacre/core";

/** What {@link versionedChanges} go by. */
export interface VersionedChangesInput {
  /** The instances that stand. */
  readonly ours: readonly Instance[];

  /** What is left of one that does not. */
  readonly ourGone: (instanceKey: InstanceKey) => Gone | undefined;

  /** Gives out a version above the one to be replaced. */
  readonly nextVersion: (known: Version) => Version;

  /** See `ConsistencyService.put`. */
  readonly acceptedAs: Version | undefined;

  /** The wall clock of this member. */
  readonly epochMs: Millis;
}

/** How far from now a version may be for its order to mean anything. */
const SKEW_MS_MAX: Millis = 60_000;

/**
 * How much later by its version a removal must be than a write that was passed on, to be later indeed.
 * Clocks differ by some milliseconds, and a client that removes an instance and registers it anew at
 * another member may take less. One that has given up on a call has waited for longer than this.
 */
const LATE_MS_MIN: Millis = 500;

/** Changes as they are stored, and what is to be noted as gone. */
export interface VersionedChanges {
  readonly changes: readonly InstanceChange[];
  readonly gone: readonly Gone[];
}

/**
 * Gives each change of a local write a version above all that is known of its instance. What another
 * member accepted before the instance was removed comes too late, and is left out.
 *
 * What follows from beats or their absence gets the version just above, whatever the time is. It tells
 * of the registration that is known here, and must not win over what a client said of it elsewhere
 * meanwhile: a member that was cut off would bring back what was deregistered, as unhealthy.
 */
export function versionedChanges(
  changes: readonly InstanceChange[],
  { ours, ourGone, nextVersion, acceptedAs, epochMs }: VersionedChangesInput,
): VersionedChanges {
  // What was passed on arrives within a minute. When its version says otherwise a clock is wrong: a
  // write that was accepted must not be dropped for that, nor count for less than what it follows.
  const tells = (version: Version): boolean =>
    Math.abs(epochMsOf(version) - epochMs) <= SKEW_MS_MAX;
  const isPassedOn = acceptedAs !== undefined && tells(acceptedAs);
  const isLate = (gone: Version): boolean =>
    isPassedOn && epochMsOf(gone) - epochMsOf(acceptedAs) > LATE_MS_MIN && tells(gone);
  // It is as old as its acceptance, however long it was on its way to a member that stood still.
  const versionOf = (known: Version): Version =>
    isPassedOn ? Math.max(acceptedAs, justAbove(known)) : nextVersion(known);
  // A large service may lose a thousand instances at once; one alone is found as fast without a set.
  const standing = new Set(changes.length > 1 ? ours : []);
  const versioned: InstanceChange[] = [];
  const gone: Gone[] = [];
  for (const { before: given, after, cause } of changes) {
    const subject = after ?? given;
    if (subject === undefined) continue;
    const instanceKey = instanceKeyOf(subject);
    const goneVersion = ourGone(instanceKey)?.version ?? 0;
    if (isLate(goneVersion)) continue;
    const before = given === undefined || standing.has(given) ? given : standingAs(given, ours);
    const known = Math.max(before?.version ?? 0, goneVersion);
    const version = isObservation(cause) ? justAbove(known) : versionOf(known);
    if (after === undefined) {
      const kind = cause.kind === "expired" ? "expired" : "deregistered";
      gone.push({ instanceKey, version, kind });
      versioned.push({ before, cause });
    } else versioned.push({ before, after: { ...after, version }, cause });
  }
  return { changes: versioned, gone };
}

function isObservation({ kind }: Cause): boolean {
  return kind === "beats stopped" || kind === "beat again" || kind === "expired";
}

function justAbove(known: Version): Version {
  return Math.min(known + 1, Number.MAX_SAFE_INTEGER);
}

// Whoever writes knows the instance as it heard of it last. That may be an older version of the same.
function standingAs(given: Instance, ours: readonly Instance[]): Instance {
  if (ours.includes(given)) return given;
  const instanceKey = instanceKeyOf(given);
  return ours.find((instance) => instanceKeyOf(instance) === instanceKey) ?? given;
}
