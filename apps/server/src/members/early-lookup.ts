import type { Address } from "@nacre/core";
import type { MemberLookup, OnAddresses } from "./member-lookup.ts";

/** What an {@link EarlyLookup} works with. */
export interface EarlyLookupDependencies {
  /** Not started yet. */
  readonly lookup: MemberLookup;
}

/**
 * A lookup whose first look is needed before anybody is there to hear of the later ones: a member must
 * know its own address first, and finds it in the list.
 */
export class EarlyLookup implements MemberLookup {
  readonly #lookup: MemberLookup;
  #addresses: readonly Address[] = [];
  #onAddresses: OnAddresses | undefined;

  constructor({ lookup }: EarlyLookupDependencies) {
    this.#lookup = lookup;
  }

  /**
   * Looks for the first time.
   *
   * @returns whom it found, which may be nobody
   * @throws {@link NacreError} what `start` of the lookup throws
   */
  async firstLook(): Promise<readonly Address[]> {
    await this.#lookup.start((addresses) => {
      this.#addresses = addresses;
      this.#onAddresses?.(addresses);
    });
    return this.#addresses;
  }

  /** Tells of the newest list, if there is one, and from now on of each that follows. */
  start(onAddresses: OnAddresses): Promise<void> {
    this.#onAddresses = onAddresses;
    if (this.#addresses.length > 0) onAddresses(this.#addresses);
    return Promise.resolve();
  }

  stop(): void {
    this.#onAddresses = undefined;
    this.#lookup.stop();
  }
}
