import type { Clock, Logger, Millis, Store, Transport, Versions } from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import type { BeatRelayOptions } from "./beat-relay.ts";
import type { DistroDataOptions } from "./distro-data-options.ts";
import type { JavaVerifierOptions } from "./java-verifier.ts";
import type { LoaderOptions } from "./loader-options.ts";
import type { PageLimits } from "./pages.ts";
import type { PeerSyncOptions } from "./peer-sync.ts";
import type { PendingHandOversOptions } from "./pending-hand-overs.ts";
import type { ServiceSum, StatusExchangeOptions } from "./status-exchange.ts";
import type { VerifierOptions } from "./verifier.ts";

/** What a `DistroProtocol` is built from. */
export interface DistroProtocolDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** Where the data rest; nobody else writes to it. */
  readonly store: Store;
  readonly versions: Versions;
  readonly transport: Transport;

  /** Who the peers are. Its `onChange` must call `DistroProtocol.regardMembers`. */
  readonly membership: Membership;

  /** The time in which beats are heard; asked for after the start only. */
  readonly livedNowMs: () => Millis;

  /** All services that this member serves; asked for after the start only. */
  readonly servicesOf: () => Iterable<ServiceSum>;
}

/** The limits of the parts of a `DistroProtocol`. */
export interface DistroProtocolOptions {
  /** Called when this member has loaded, also anew. Whoever is told calls `Membership.ready`. */
  readonly onLoaded?: () => void;

  /**
   * After standing still for longer than this, the member loads anew. Half of the time for which it is
   * known that something is gone, so that peers have not forgotten it yet.
   *
   * @defaultValue 300_000
   */
  readonly standstillMsMax?: Millis;
  readonly data?: Omit<DistroDataOptions, "onChange" | "isKept">;
  readonly sync?: PeerSyncOptions;
  readonly beats?: BeatRelayOptions;
  readonly handOvers?: PendingHandOversOptions;
  readonly verify?: VerifierOptions;
  readonly javaVerify?: JavaVerifierOptions;
  readonly status?: StatusExchangeOptions;
  readonly load?: Omit<LoaderOptions, "onLoaded">;
  readonly page?: PageLimits;

  /** How often members compare what they hold. @defaultValue 5_000 */
  readonly verifyIntervalMs?: Millis;

  /** How often Nacre peers are told of beats. @defaultValue 1_000 */
  readonly beatRelayIntervalMs?: Millis;
}

/** Something that a `DistroProtocol` does again and again, once somebody calls it. */
export interface DistroJob {
  readonly name: string;
  readonly intervalMs: Millis;

  /** Whether there is nothing to do for a member that runs alone. */
  readonly needsPeers: boolean;

  /** Does it once. Never waits for a peer. */
  readonly run: () => void;
}
