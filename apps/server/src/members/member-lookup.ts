import type { Address } from "@nacre/core";

/** Takes a list of members; never an empty one, and never twice the same in a row. */
export type OnAddresses = (addresses: readonly Address[]) => void;

/** Finds out who the members are, and goes on looking. */
export interface MemberLookup {
  /**
   * Looks for the first time, and then again and again until `stop`. Resolves after the first look;
   * that may have found nothing yet, where somebody else is to blame for it.
   *
   * @throws {@link NacreError} `INVALID_SETTING` or `START_FAILED` when the first look fails in a way
   *   that somebody must mend here.
   */
  start(onAddresses: OnAddresses): Promise<void>;

  /** Looks no more, and tells nothing any more. */
  stop(): void;
}

/** The lookup of members that are listed in a setting and stay the same; there may be none. */
export function fixedLookup(addresses: readonly Address[]): MemberLookup {
  return {
    start: (onAddresses) => {
      if (addresses.length > 0) onAddresses(addresses);
      return Promise.resolve();
    },
    stop: () => undefined,
  };
}
