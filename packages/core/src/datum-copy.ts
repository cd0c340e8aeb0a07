import type { Millis } from "./clock.ts";
import type { DatumKey } from "./datum.ts";
import type { Instance, InstanceKey } from "./instance.ts";
import type { Version } from "./versions.ts";

/** An instance on its way to a peer. */
export interface InstanceCopy {
  readonly instance: Instance;

  /**
   * For how long the sender has heard no beat of it. An age and not an instant, so that clocks need
   * not agree; `undefined` when it never heard one.
   */
  readonly silenceMs: Millis | undefined;
}

/** Why an instance is gone: somebody said so, or its beats stopped. */
export type GoneKind = "deregistered" | "expired";

/** What is left of an instance that is gone, so that older news of it cannot bring it back. */
export interface Gone {
  readonly instanceKey: InstanceKey;
  readonly version: Version;
  readonly kind: GoneKind;
}

/** A datum on its way to a peer: all that the sender knows of one service's ephemeral instances. */
export interface DatumCopy {
  readonly key: DatumKey;
  readonly instances: readonly InstanceCopy[];

  /** Empty in what a Java peer sends. */
  readonly gone: readonly Gone[];
}

/**
 * A datum of another kind, which only Nacre members exchange: one text under a key, the last writer
 * wins. Service definitions are kept so, under the keys of `distro.md` 1.2.
 */
export interface ValueDatum {
  readonly key: string;
  readonly version: Version;

  /** `undefined`: deleted. */
  readonly text: string | undefined;
}
