import type { Millis } from "./clock.ts";
import type { DatumKey } from "./datum.ts";
import type { InstanceKey } from "./instance.ts";
import type { Address } from "./member.ts";

/** Port: where a client's write is decided. */
export interface Forwarding {
  /**
   * The peer that decides writes of this service; `undefined`: this member does, because it is
   * responsible, or because the peer cannot be asked right now.
   */
  peerFor(groupedName: string): Address | undefined;

  /** Whether this member answers for writes of this service that a peer passes on. */
  isResponsible(groupedName: string): boolean;

  /**
   * Whether a beat of an instance that is known and healthy is answered here, whoever is responsible:
   * that member hears of it from the beat relay.
   */
  mayTakeBeat(groupedName: string): boolean;

  /** Notes that a write is on its way to `peer`. Call what it returns once, with the outcome. */
  begin(peer: Address): (outcome: ForwardOutcome) => void;
}

/**
 * How the forwarding of a write ended. After anything but `answered` the write is decided here.
 *
 * `failed`: the peer takes no write now, as it could not be reached, did not answer in time or does
 * not serve. `refused`: it did not take this one, and may well take the next.
 */
export type ForwardOutcome = "answered" | "refused" | "failed";

/** An instance of which a beat was heard here. */
export interface Beaten {
  readonly datumKey: DatumKey;
  readonly instanceKey: InstanceKey;

  /** When it was heard, in lived time. */
  readonly lastHeardMs: Millis;

  /** Whether the beat relay will speak of it. Only the relay sets this. */
  isQueued: boolean;
}
