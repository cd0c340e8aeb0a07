import type { Address, MemberKind, MemberState, Millis } from "@nacre/core";
import { jsonReply } from "./reply.ts";
import { type Route, route } from "./route.ts";

/**
 * How far the members agree, as one of them sees it. Every `…Ms` is an age: so many milliseconds ago, or
 * for so long.
 */
export interface ConvergenceAnswer {
  /** The address of the member that answers. */
  readonly self: Address;
  readonly state: MemberState;

  /** Of Nacre. */
  readonly version: string;

  /** Whether it serves. */
  readonly isReady: boolean;

  /** Why it does not serve; `null` when it does. */
  readonly reason: string | null;

  /** What the paths of Nacos's calls start with; the same at all members. */
  readonly contextPath: string;

  /** Writes that a Java peer is still to be told of, since it could not be asked when they came. */
  readonly pendingHandOvers: number;

  /** Sorted by address, as texts. */
  readonly peers: readonly PeerConvergenceAnswer[];
}

/** What a member knows of one peer. */
export interface PeerConvergenceAnswer {
  readonly address: Address;

  /** `unknown` until it has been heard from. */
  readonly kind: MemberKind;

  /** Of Nacre, or of Nacos; `null` until it has reported. */
  readonly version: string | null;

  /** The number of what Nacre members say among themselves; `null`: no Nacre member, or no report yet. */
  readonly wire: number | null;
  readonly state: MemberState;

  /** Whether it serves, as far as it says; never while it is `DOWN`. */
  readonly isReady: boolean;

  /** Reports to it that have failed in a row. */
  readonly failAccessCnt: number;

  /** When changes were last sent to it; `null`: never yet. */
  readonly lastSyncMs: Millis | null;

  /** When a comparison last found no difference; `null`: none has yet. */
  readonly lastAgreedMs: Millis | null;
  readonly differing: DifferingKeys;

  /** Keys that it must yet hear of. */
  readonly queued: number;

  /** Whether it is being told of some just now. */
  readonly inFlight: boolean;

  /** Whether it is a Java peer that tells nothing of its services any more, and must be restarted. */
  readonly isIll: boolean;
  readonly forward: PeerForwardAnswer;
}

/** What the last comparison with a peer has found. */
export interface DifferingKeys {
  readonly count: number;

  /** For how long each comparison has found some of the same keys; `null`: none differs. */
  readonly sinceMs: Millis | null;

  /** How many comparisons in a row that is; above 2 the log says so. */
  readonly rounds: number;

  /** Some of the keys, those first that differ longest. */
  readonly sample: readonly string[];
}

/** How it goes with the client's writes that are passed on to a peer. */
export interface PeerForwardAnswer {
  /** Those that wait for its answer. */
  readonly pending: number;

  /** Whether it is left alone for a while since it did not answer. */
  readonly isOpen: boolean;

  /** Those that it answered, since this member started. */
  readonly answered: number;

  /** Those that it did not answer, or not as a member does. */
  readonly failed: number;
}

/** Port: tells how far the members agree. */
export interface ConvergenceView {
  /** As things are now. */
  convergence(): ConvergenceAnswer;
}

/** What {@link convergenceRoutes} work on. */
export interface ConvergenceRoutesOptions {
  readonly view: ConvergenceView;
}

/**
 * `GET /nacre/v1/convergence` answers a {@link ConvergenceAnswer}, also while the member does not serve.
 * Reading it costs no peer anything.
 */
export function convergenceRoutes({ view }: ConvergenceRoutesOptions): readonly Route[] {
  return [
    route("GET", "/nacre/v1/convergence", () => jsonReply(JSON.stringify(view.convergence()))),
  ];
}
