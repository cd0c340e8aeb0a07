import type { Instance } from "./instance.ts";

/** Why an instance is not what it was. The words are shown to operators as they stand. */
export type CauseKind =
  | "registered"
  | "updated"
  | "deregistered"
  | "beat again"
  | "beats stopped"
  | "expired"
  | "held"
  | "operator"
  | "synced"
  | "verified"
  | "loaded"
  | "still alive";

/** Why something changed, and what more is known of it. */
export interface Cause {
  readonly kind: CauseKind;

  /** For people: who asked, or how long the silence was. May be empty. */
  readonly detail: string;
}

/** One instance that a write touches. Without `before` it is new, without `after` it is gone. */
export interface InstanceChange {
  readonly before?: Instance | undefined;
  readonly after?: Instance | undefined;
  readonly cause: Cause;
}
