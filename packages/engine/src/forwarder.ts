import {
  type Address,
  type Clock,
  distroHash,
  type Forwarding,
  type ForwardOutcome,
  isHealthyMember,
  type Logger,
  type Millis,
} from "@nacre/core";
import { CircuitBreaker } from "./circuit-breaker.ts";
import type { Membership } from "./membership/membership.ts";

/** What a {@link Forwarder} asks about the members. */
export type ForwarderMembership = Pick<
  Membership,
  "self" | "isReady" | "mapper" | "peers" | "member" | "isResponsible" | "memberFor"
>;

/** What a {@link Forwarder} needs from its surroundings. */
export interface ForwarderDependencies {
  readonly clock: Clock;

  /** Told when a peer takes no writes, and when it takes them again. */
  readonly logger: Logger;
  readonly membership: ForwarderMembership;
}

/** The limits of a {@link Forwarder}. */
export interface ForwarderOptions {
  /** Writes that wait for one peer; more are decided here. @defaultValue 1_000 */
  readonly pendingMax?: number;

  /** A peer that has not answered for longer than this is left alone. @defaultValue 500 */
  readonly slowMs?: Millis;

  /** How long it is left alone at first. @defaultValue 1_000 */
  readonly openMs?: Millis;

  /** How long at most. @defaultValue 10_000 */
  readonly openMsMax?: Millis;
}

/**
 * Why a write was decided here that another member is responsible for: that member is down, does not
 * serve yet, did not answer others lately, has enough to do; it was asked and failed, or did not take
 * this one; or this member does not serve yet itself, and found none that does.
 */
export type DecidedHereReason =
  | "down"
  | "starting"
  | "open"
  | "full"
  | "failed"
  | "refused"
  | "unready";

/** How the forwarding to one peer goes. */
export interface ForwardStatus {
  /** How many writes wait for its answer. */
  readonly pendingCount: number;

  /** Whether it is left alone, because it did not answer. */
  readonly isOpen: boolean;

  /** How many writes it answered. */
  readonly forwardedCount: number;

  /** How many it was asked for and did not answer, or not as a member does. */
  readonly failedCount: number;
}

interface Peer {
  readonly breaker: CircuitBreaker;
  pendingCount: number;
  forwardedCount: number;
  failedCount: number;
}

/**
 * Decides whether a client's write is decided here or by the responsible member, and never lets a
 * sick peer hold up what it need not: such a write is decided here, and merged later.
 */
export class Forwarder implements Forwarding {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #membership: ForwarderMembership;
  readonly #pendingMax: number;
  readonly #options: ForwarderOptions;
  readonly #peers = new Map<Address, Peer>();
  readonly #decidedHere = new Map<DecidedHereReason, number>();
  #forwardedCount = 0;
  #failedCount = 0;

  constructor(dependencies: ForwarderDependencies, options: ForwarderOptions = {}) {
    const { clock, logger, membership } = dependencies;
    this.#clock = clock;
    this.#logger = logger;
    this.#membership = membership;
    this.#pendingMax = options.pendingMax ?? 1_000;
    this.#options = options;
  }

  /** How many writes peers answered. */
  get forwardedCount(): number {
    return this.#forwardedCount;
  }

  /** How many writes peers were asked for in vain. */
  get failedCount(): number {
    return this.#failedCount;
  }

  /** How many writes were decided here instead, by reason. */
  get decidedHereCounts(): ReadonlyMap<DecidedHereReason, number> {
    return this.#decidedHere;
  }

  /** How it goes with a peer; `undefined`: it was never asked. */
  statusOf(address: Address): ForwardStatus | undefined {
    const peer = this.#peers.get(address);
    if (peer === undefined) return undefined;
    const { breaker, pendingCount, forwardedCount, failedCount } = peer;
    return { pendingCount, isOpen: breaker.isOpen, forwardedCount, failedCount };
  }

  /**
   * The peer that decides writes of a service; `undefined`: this member does. A member that does not
   * serve asks another Nacre member where it is responsible itself, because that one has the data; or
   * one of which it does not know yet what it is, as when it has just begun.
   */
  peerFor(groupedName: string): Address | undefined {
    const membership = this.#membership;
    if (membership.isResponsible(groupedName)) return undefined;
    const address = membership.memberFor(groupedName);
    const isOwn = address === membership.self;
    const objection = isOwn ? "unready" : this.#objectionTo(address);
    if (objection === undefined) return address;
    const substitute = isOwn || !membership.isReady ? this.#substituteFor(groupedName) : undefined;
    if (substitute === undefined) this.#noteDecidedHere(objection);
    return substitute;
  }

  /**
   * Whether this member takes what a Java peer passes on. It does so also before it serves: Java
   * members know of no such time, and their clients would get an error.
   */
  isResponsible(groupedName: string): boolean {
    return this.#membership.mapper.isResponsible(groupedName);
  }

  /** Whether the responsible member hears of beats that are answered here: a Nacre member does. */
  mayTakeBeat(groupedName: string): boolean {
    const address = this.#membership.memberFor(groupedName);
    return this.#membership.member(address)?.kind === "nacre";
  }

  /** Notes that a write is on its way to a peer. Call what it returns once. */
  begin(address: Address): (outcome: ForwardOutcome) => void {
    const peer = this.#peerAt(address);
    const attempt = peer.breaker.begin(this.#clock.nowMs());
    peer.pendingCount++;
    return (outcome) => {
      peer.pendingCount--;
      // What refuses a write is there all the same.
      peer.breaker.end(attempt, outcome === "failed", this.#clock.nowMs());
      if (outcome === "answered") {
        peer.forwardedCount++;
        this.#forwardedCount++;
      } else {
        peer.failedCount++;
        this.#failedCount++;
        this.#noteDecidedHere(outcome);
      }
    };
  }

  #objectionTo(address: Address): DecidedHereReason | undefined {
    const member = this.#membership.member(address);
    if (member === undefined || !isHealthyMember(member)) return "down";
    if (!member.isReady) return "starting";
    const peer = this.#peers.get(address);
    if (peer === undefined) return undefined;
    if (peer.pendingCount >= this.#pendingMax) return "full";
    return peer.breaker.allows(this.#clock.nowMs()) ? undefined : "open";
  }

  #substituteFor(groupedName: string): Address | undefined {
    const able = this.#membership.peers.filter(
      ({ address, kind }) => kind !== "java" && this.#objectionTo(address) === undefined,
    );
    return able[distroHash(groupedName) % able.length]?.address;
  }

  #peerAt(address: Address): Peer {
    let peer = this.#peers.get(address);
    if (peer === undefined) {
      this.#forgetStrangers();
      const onTurn = (isOpen: boolean): void => this.#noteTurn(address, isOpen);
      const breaker = new CircuitBreaker({ ...this.#options, onTurn });
      peer = { breaker, pendingCount: 0, forwardedCount: 0, failedCount: 0 };
      this.#peers.set(address, peer);
    }
    return peer;
  }

  #forgetStrangers(): void {
    for (const address of this.#peers.keys()) {
      if (this.#membership.member(address) === undefined) this.#peers.delete(address);
    }
  }

  #noteDecidedHere(reason: DecidedHereReason): void {
    this.#decidedHere.set(reason, (this.#decidedHere.get(reason) ?? 0) + 1);
  }

  #noteTurn(peer: Address, isOpen: boolean): void {
    if (isOpen) this.#logger.warn({ peer }, "a peer takes no writes, they are decided here");
    else this.#logger.info({ peer }, "a peer takes writes again");
  }
}
