import type { Address, Logger } from "@nacre/core";
import type { OnAddresses } from "./member-lookup.ts";

/** What a {@link ListOutlet} needs from its surroundings. */
export interface ListOutletDependencies {
  readonly logger: Logger;
  readonly onAddresses: OnAddresses;
}

/**
 * Where a lookup puts what it found: hands on a list only when it differs from the one before, and
 * speaks of failures only when they begin and end.
 */
export class ListOutlet {
  readonly #logger: Logger;
  readonly #onAddresses: OnAddresses;
  #last: readonly Address[] = [];
  #problem: string | undefined;

  constructor({ logger, onAddresses }: ListOutletDependencies) {
    this.#logger = logger;
    this.#onAddresses = onAddresses;
  }

  /** Takes what a look has found; nobody at all is a failure. */
  found(addresses: readonly Address[]): void {
    if (addresses.length === 0) {
      this.failed(new Error("the list has no members"));
      return;
    }
    if (this.#problem !== undefined) this.#logger.info("the list of members can be read again");
    this.#problem = undefined;
    if (isSameList(addresses, this.#last)) return;
    this.#last = addresses;
    this.#onAddresses(addresses);
  }

  /** Takes note that a look failed: the list stays as it is. */
  failed(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#logger.warn({ err: error }, "the list of members cannot be read, it stays as it is");
  }
}

function isSameList(some: readonly Address[], others: readonly Address[]): boolean {
  const known = new Set(others);
  return some.length === known.size && some.every((address) => known.has(address));
}
