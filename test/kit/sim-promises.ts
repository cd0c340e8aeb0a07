import type { Address, Millis } from "@nacre/core";
import type { SimNetwork } from "./sim-network.ts";

/** A member, as far as promises depend on it. */
export interface PromisingMember {
  readonly address: Address;
  readonly isReady: boolean;
  readonly isPaused: boolean;

  /** Whom it lists. */
  readonly listed: ReadonlySet<Address>;
}

/** By when what one member knows is promised to be known by another, milliseconds. */
export const delivery = {
  /** Over a link that works. */
  directMs: 2_000,

  /** Over a third member, when the direct way has been cut for `cutMs`. */
  relayedMs: 3_500,
  cutMs: 12_000,

  /** A link counts as working when nothing has been wrong with it for so long. */
  mendedMs: 12_000,
} as const;

interface Heard {
  readonly subject: number;
  readonly at: PromisingMember;
  readonly atMs: Millis;
}

/**
 * Keeps account of what each member must know, whatever way the replication took: of each instance, the
 * latest sign of life that is promised to have arrived there.
 *
 * A promise follows from links that work, never from messages that were seen to flow. So a member that
 * forgets to send breaks a promise.
 */
export class SimPromises {
  readonly #network: SimNetwork;
  readonly #subjectCount: number;

  /** When the faults of a link ended; infinity while there are some. */
  readonly #mendedMs = new Map<string, Millis>();

  /** Since when a link has let nothing through; infinity while it does. */
  readonly #cutMs = new Map<string, Millis>();

  /** Links that have let nothing through since one end was put on the list of the other. */
  readonly #strange = new Set<string>();
  readonly #readyMs = new Map<PromisingMember, Millis>();
  readonly #known = new Map<PromisingMember, Float64Array>();
  #direct: Heard[] = [];
  #relayed: Heard[] = [];

  constructor(network: SimNetwork, { subjectCount }: { readonly subjectCount: number }) {
    this.#network = network;
    this.#subjectCount = subjectCount;
  }

  /** The latest sign of life of a subject that a member must know; minus infinity: none. */
  knownMs(member: PromisingMember, subject: number): Millis {
    return this.#known.get(member)?.[subject] ?? Number.NEGATIVE_INFINITY;
  }

  /** Since when a member has been ready; infinity: it is not. */
  readyMs(member: PromisingMember): Millis {
    return this.#readyMs.get(member) ?? Number.POSITIVE_INFINITY;
  }

  /** A sign of life was taken by a member, which said so to the client. */
  hear(at: PromisingMember, subject: number, atMs: Millis): void {
    this.#learn(at, subject, atMs);
    this.#direct.push({ at, subject, atMs });
  }

  /**
   * Looks at what has changed since it was called last. Call it every 500 ms, and {@link note} whenever a
   * fault begins or ends.
   *
   * @returns the members that are ready since, each with those that it must have loaded from
   */
  regard(members: readonly PromisingMember[]): readonly NewlyReady[] {
    const { nowMs } = this.#network.clock;
    this.note(members);
    const newlyReady: NewlyReady[] = [];
    for (const member of this.#readyMs.keys()) {
      if (members.includes(member)) continue;
      this.#readyMs.delete(member);
      this.#known.delete(member);
    }
    for (const member of members) {
      if (!member.isReady || this.#readyMs.has(member)) continue;
      newlyReady.push({ member, sources: this.#sourcesOf(member, members, nowMs) });
    }
    for (const { member, sources } of newlyReady) {
      this.#readyMs.set(member, nowMs);
      if (sources.length > 0) this.#learnAllOf(member, sources);
    }
    this.#deliver(members, nowMs);
    return newlyReady;
  }

  /** Looks at the links alone. */
  note(members: readonly PromisingMember[]): void {
    const { nowMs } = this.#network.clock;
    for (const from of members) {
      for (const to of members) if (from !== to) this.#regardLink(from, to, nowMs);
    }
  }

  /** Whether messages from one ready member to another have arrived in time since `sinceMs`. */
  isWorking(from: PromisingMember, to: PromisingMember, sinceMs: Millis): boolean {
    const readyMs = Math.max(this.readyMs(from), this.readyMs(to));
    return readyMs <= sinceMs && this.#wasMendedAt(from, to) + delivery.mendedMs <= sinceMs;
  }

  #sourcesOf(
    member: PromisingMember,
    members: readonly PromisingMember[],
    nowMs: Millis,
  ): readonly PromisingMember[] {
    return members.filter(
      (peer) =>
        peer !== member &&
        this.#readyMs.has(peer) &&
        this.#wasMendedAt(member, peer) + delivery.mendedMs <= nowMs,
    );
  }

  // Both directions: a lost answer is a failed call, and whoever made it makes others.
  #regardLink(from: PromisingMember, to: PromisingMember, nowMs: Millis): void {
    const key = `${from.address}>${to.address}`;
    const there = this.#network.link(from.address, to.address);
    const back = this.#network.link(to.address, from.address);
    const isListed = from.listed.has(to.address) && to.listed.has(from.address);
    const isClean = there.isClean && back.isClean && isListed && !from.isPaused && !to.isPaused;
    const isCut = there.lossRatio === 1 || back.lossRatio === 1;
    if (!isClean) this.#mendedMs.set(key, Number.POSITIVE_INFINITY);
    else if (this.#mendedMs.get(key) === Number.POSITIVE_INFINITY) this.#mendedMs.set(key, nowMs);
    if (!isListed) this.#strange.add(key);
    else if (isClean) this.#strange.delete(key);
    if (!isCut) this.#cutMs.delete(key);
    else if (!this.#cutMs.has(key)) this.#cutMs.set(key, nowMs);
  }

  #wasMendedAt(from: PromisingMember, to: PromisingMember): Millis {
    return this.#mendedMs.get(`${from.address}>${to.address}`) ?? Number.NEGATIVE_INFINITY;
  }

  #deliver(members: readonly PromisingMember[], nowMs: Millis): void {
    const ready = members.filter((member) => this.#readyMs.has(member));
    const direct = this.#direct.filter(({ atMs }) => atMs + delivery.directMs <= nowMs);
    this.#direct = this.#direct.slice(direct.length);
    for (const { at, subject, atMs } of direct) {
      for (const to of ready) if (this.isWorking(at, to, atMs)) this.#learn(to, subject, atMs);
    }
    this.#relayed.push(...direct);
    const relayed = this.#relayed.filter(({ atMs }) => atMs + delivery.relayedMs <= nowMs);
    this.#relayed = this.#relayed.slice(relayed.length);
    for (const { at, subject, atMs } of relayed) {
      for (const to of ready) {
        const key = `${at.address}>${to.address}`;
        const cutMs = this.#cutMs.get(key) ?? Number.POSITIVE_INFINITY;
        const isRelayed =
          !this.#strange.has(key) &&
          Math.max(this.readyMs(at), this.readyMs(to)) <= cutMs &&
          cutMs + delivery.cutMs <= atMs &&
          ready.some((by) => this.isWorking(at, by, atMs) && this.isWorking(by, to, atMs));
        if (isRelayed) this.#learn(to, subject, atMs);
      }
    }
  }

  // Data come from whoever is responsible for them, and with them what that one has heard.
  #learnAllOf(member: PromisingMember, sources: readonly PromisingMember[]): void {
    const untilMs = this.#network.clock.nowMs - delivery.directMs;
    for (let subject = 0; subject < this.#subjectCount; subject++) {
      const atMs = Math.min(...sources.map((source) => this.knownMs(source, subject)));
      // What is newer may have come to the source after the load.
      if (atMs <= untilMs) this.#learn(member, subject, atMs);
    }
  }

  #learn(member: PromisingMember, subject: number, atMs: Millis): void {
    let known = this.#known.get(member);
    if (known === undefined) {
      known = new Float64Array(this.#subjectCount).fill(Number.NEGATIVE_INFINITY);
      this.#known.set(member, known);
    }
    if (atMs > (known[subject] as number)) known[subject] = atMs;
  }
}

/** A member that has become ready. */
export interface NewlyReady {
  readonly member: PromisingMember;

  /** The ready members that it could talk to all the while, so it must know what they know. */
  readonly sources: readonly PromisingMember[];
}
