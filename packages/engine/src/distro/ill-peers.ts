import type { Address, Clock, Logger, Millis } from "@nacre/core";
import type { Convergence } from "./convergence.ts";

/** What {@link IllPeers} need from their surroundings. */
export interface IllPeersDependencies {
  readonly clock: Clock;

  /** Told at warn that a peer is ill, at info that it is well again. */
  readonly logger: Logger;
  readonly convergence: Convergence;
}

/** When a peer is ill. */
export interface IllPeersOptions {
  /** How long a peer may be silent that should tell of its services. */
  readonly illAfterMs: Millis;
}

/**
 * Finds Java peers whose asynchronous client has died (`distro.md` 1.7): they look healthy, but tell
 * nothing of the services they are responsible for any more, and expire none of their instances.
 */
export class IllPeers {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #convergence: Convergence;
  readonly #illAfterMs: Millis;

  /** When a peer was last heard, or when it began to be watched. */
  readonly #heardMs = new Map<Address, Millis>();

  constructor(
    { clock, logger, convergence }: IllPeersDependencies,
    { illAfterMs }: IllPeersOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#convergence = convergence;
    this.#illAfterMs = illAfterMs;
  }

  /** Notes that a peer has told of its services. */
  noteSign(peer: Address): void {
    this.#heardMs.set(peer, this.#clock.nowMs());
    this.#note(peer, false);
  }

  /** Looks at the peers that should tell of services, and at no others. */
  watch(peers: ReadonlySet<Address>): void {
    for (const peer of this.#heardMs.keys()) {
      if (peers.has(peer)) continue;
      this.#heardMs.delete(peer);
      this.#note(peer, false);
    }
    const nowMs = this.#clock.nowMs();
    for (const peer of peers) {
      const heardMs = this.#heardMs.get(peer) ?? nowMs;
      this.#heardMs.set(peer, heardMs);
      this.#note(peer, nowMs - heardMs > this.#illAfterMs);
    }
  }

  #note(peer: Address, isIll: boolean): void {
    if (this.#convergence.statusOf(peer).isIll === isIll) return;
    this.#convergence.noteIllness(peer, isIll);
    if (isIll) this.#logger.warn({ peer }, "a peer tells nothing of its services, restart it");
    else this.#logger.info({ peer }, "a peer tells of its services again");
  }
}
