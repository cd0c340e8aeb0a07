import { createHash, timingSafeEqual } from "node:crypto";
import { type Address, type Clock, type Logger, type Millis, NacreError } from "@nacre/core";
import type { Caller } from "../route.ts";
import type { MemberAddresses } from "./cluster-view.ts";

/** A header that members tell each other by (`distro.md` 6.7). */
export interface Identity {
  readonly key: string;
  readonly value: string;
}

/** What a {@link PeerGuard} is built from. */
export interface PeerGuardDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly members: MemberAddresses;
}

/** How a {@link PeerGuard} knows members. */
export interface PeerGuardOptions {
  /**
   * Whether a call must come from the IP address of a member. Without it, behind address translation,
   * it must carry the identity instead; when there is none, nobody passes.
   *
   * @defaultValue true
   */
  readonly checkSource?: boolean;

  readonly identity?: Identity | undefined;

  /** How many strangers are remembered, so as not to be named again. @defaultValue 1_000 */
  readonly strangersMax?: number;

  /** How long a stranger is not named again. @defaultValue 60_000 */
  readonly logIntervalMs?: Millis;
}

/**
 * Lets only members call what only members may call. In Nacos anybody may, so anybody can empty a
 * registry (`distro.md` 11, 21).
 */
export class PeerGuard {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #members: MemberAddresses;
  readonly #checkSource: boolean;
  readonly #identity: Identity | undefined;
  readonly #strangersMax: number;
  readonly #logIntervalMs: Millis;
  readonly #namedAtMs = new Map<string, Millis>();
  #strangerCount = 0;

  constructor(
    { clock, logger, members }: PeerGuardDependencies,
    { checkSource = true, identity, ...limits }: PeerGuardOptions = {},
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#members = members;
    this.#checkSource = checkSource;
    this.#identity = identity;
    this.#strangersMax = limits.strangersMax ?? 1_000;
    this.#logIntervalMs = limits.logIntervalMs ?? 60_000;
  }

  /** How many calls of strangers were refused. */
  get strangerCount(): number {
    return this.#strangerCount;
  }

  /**
   * Checks that a member calls, and that it is who it says. What `Request-Source` says counts as said.
   *
   * @param claimed further addresses that the caller gives as its own
   * @throws {@link NacreError} `STRANGER` otherwise.
   */
  check(caller: Caller, ...claimed: readonly Address[]): void {
    const reason = this.#objection(caller, claimed, this.isTrusted(caller));
    if (reason === undefined) return;
    this.#note(caller.address, reason);
    throw new NacreError("STRANGER", `only members may call this: ${reason}`);
  }

  /**
   * Whether a report may be taken. Java members send no identity with it (`distro.md` 6.5), so where
   * the source is not checked, the address that it gives must do.
   */
  mayReport(caller: Caller, address: Address): boolean {
    const isTrusted = !this.#checkSource || this.isTrusted(caller);
    const reason = this.#objection(caller, [address], isTrusted);
    if (reason !== undefined) this.#note(caller.address, reason);
    return reason === undefined;
  }

  /** Whether an address is a member's; when it is not, its caller counts as a stranger. */
  isMember(caller: Caller, address: Address): boolean {
    if (this.#members.isMember(address)) return true;
    this.#note(caller.address, `${shown(address)} is not a member`);
    return false;
  }

  /** Whether a call is a member's by where it comes from, or by its identity where that is asked. */
  isTrusted(caller: Caller): boolean {
    return this.#checkSource ? this.#members.isMemberIp(caller.address) : this.hasIdentity(caller);
  }

  /** Whether a call carries the identity that members share; never, when they share none. */
  hasIdentity(caller: Caller): boolean {
    if (this.#identity === undefined) return false;
    const { key, value } = this.#identity;
    const given = caller.header(key.toLowerCase());
    return given !== undefined && timingSafeEqual(digest(given), digest(value));
  }

  #objection(caller: Caller, claimed: readonly Address[], isTrusted: boolean): string | undefined {
    if (!isTrusted) {
      return this.#checkSource
        ? `${caller.address} is not the IP address of a member`
        : `${caller.address} does not carry the identity of members`;
    }
    const source = caller.header("request-source");
    const all = source === undefined ? claimed : [source, ...claimed];
    const stranger = all.find((address) => !this.#members.isMember(address));
    return stranger === undefined ? undefined : `${shown(stranger)} is not a member`;
  }

  #note(address: string, reason: string): void {
    this.#strangerCount++;
    const nowMs = this.#clock.nowMs();
    const namedAtMs = this.#namedAtMs.get(address);
    if (namedAtMs !== undefined && nowMs - namedAtMs < this.#logIntervalMs) return;
    if (this.#namedAtMs.size >= this.#strangersMax) this.#forgetOld(nowMs);
    // As many strangers as this at once are one event; the counter goes on.
    if (this.#namedAtMs.size >= this.#strangersMax) return;
    this.#namedAtMs.set(address, nowMs);
    this.#logger.warn({ address, reason }, "refused a call that only members may make");
  }

  #forgetOld(nowMs: Millis): void {
    for (const [address, namedAtMs] of this.#namedAtMs) {
      if (nowMs - namedAtMs >= this.#logIntervalMs) this.#namedAtMs.delete(address);
    }
  }
}

// Texts of one length, whatever was given: so the time of a comparison tells nothing.
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const SHOWN_LENGTH_MAX = 64;

function shown(address: Address): string {
  return address.length <= SHOWN_LENGTH_MAX ? address : `${address.slice(0, SHOWN_LENGTH_MAX)}…`;
}
