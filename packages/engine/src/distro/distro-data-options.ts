import type {
  Clock,
  DatumKey,
  DatumListener,
  InstanceKey,
  Logger,
  Millis,
  Store,
  Versions,
} from "@nacre/core";

/** What `DistroData` are built from. */
export interface DistroDataDependencies {
  readonly clock: Clock;

  /** Told at warn, once a minute at most, that data of peers were refused. */
  readonly logger: Logger;

  /** Where the data rest; nobody else writes to it. */
  readonly store: Store;
  readonly versions: Versions;
}

/** Whether a change was decided by this member or taken over from a peer. */
export type ChangeOrigin = "self" | "peer";

/** Limits of `DistroData`, and who else takes part. */
export interface DistroDataOptions {
  /**
   * How long it is known of what was removed that it is gone.
   *
   * @defaultValue 600_000
   */
  readonly goneLifeMs?: Millis;

  /**
   * Of how many instances it is known at once that they are gone. The oldest are forgotten first.
   *
   * @defaultValue 1_000_000
   */
  readonly goneMax?: number;

  /**
   * How many data of other kinds there may be, deleted ones included.
   *
   * @defaultValue 1_000_000
   */
  readonly valuesMax?: number;

  /**
   * Whether the digest is kept up to date. A member that never has peers can save itself that.
   *
   * @defaultValue true
   */
  readonly keepsDigest?: boolean;

  /**
   * Told after every change of a datum, also of another kind, as the very last step. A refuted claim
   * of a peer is a decision of this member.
   */
  readonly onChange?: (key: string, origin: ChangeOrigin) => void;

  /**
   * Whether what is known here of an instance outlasts the list of the responsible Java peer, which
   * has not been told of it yet.
   */
  readonly isKept?: (key: DatumKey, instanceKey: InstanceKey) => boolean;
}

/** What became of a peer's copy. */
export interface Merged {
  /** Whether anything that can be seen is different here now. */
  readonly isChanged: boolean;

  /** Whether the peer must hear of what stands here. */
  readonly peerLacks: boolean;
}

/** Before anybody listens: takes everything, and knows of no beats. */
export const deafListener: DatumListener = {
  mayTake: () => true,
  onPut: () => undefined,
  onRemove: () => undefined,
  onValue: () => undefined,
  onBeat: () => undefined,
  silenceMsOf: () => undefined,
  isAlive: () => false,
};
