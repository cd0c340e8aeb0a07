import assert from "node:assert/strict";
import { type Address, DistroMapper, isHealthyMember, type Logger, type Member } from "@nacre/core";
import { listedMember } from "./member-states.ts";

/** What a {@link MemberList} needs from its surroundings. */
export interface MemberListDependencies {
  readonly logger: Logger;
}

/** Whom a {@link MemberList} begins with. */
export interface MemberListOptions {
  readonly self: Member;

  /** Whether self runs standalone, with nobody else listed. */
  readonly isAlone: boolean;
  readonly addresses: readonly Address[];

  /** Told after the mapper or a member's state, kind or readiness has changed, as the last step. */
  readonly onChange: () => void;
}

/** How the addresses of a {@link MemberList} changed. */
export interface ListChange {
  readonly joined: readonly Address[];
  readonly left: readonly Address[];
}

/**
 * The members that are listed, self included, what is known of each, and which of them is responsible
 * for what. Addresses are compared as texts, as Java does.
 */
export class MemberList {
  readonly #self: Address;
  readonly #isAlone: boolean;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  readonly #byAddress = new Map<Address, Member>();
  #members: readonly Member[] = [];
  #peers: readonly Member[] = [];
  #mapper: DistroMapper;

  constructor({ logger }: MemberListDependencies, options: MemberListOptions) {
    const { self, isAlone, addresses, onChange } = options;
    this.#self = self.address;
    this.#isAlone = isAlone;
    this.#logger = logger;
    this.#onChange = onChange;
    this.#byAddress.set(self.address, self);
    this.#relist(addresses);
    this.#mapper = this.#newMapper();
  }

  /** All, sorted by the UTF-16 units of their addresses (`distro.md` 2.1). */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** All but self, sorted. */
  get peers(): readonly Member[] {
    return this.#peers;
  }

  /** Who is responsible for what; another one as soon as other members are healthy. */
  get mapper(): DistroMapper {
    return this.#mapper;
  }

  /** What is known of the member at an address; `undefined`: it is not listed. */
  get(address: Address): Member | undefined {
    return this.#byAddress.get(address);
  }

  /**
   * Lists these addresses, and self. Who stays keeps its state; who is not among them any more is
   * forgotten.
   */
  list(addresses: readonly Address[]): ListChange {
    const change = this.#relist(addresses);
    if (change.joined.length + change.left.length > 0) {
      this.#logger.info({ ...change }, "the list of members changed");
      this.#regard();
    }
    return change;
  }

  /** Puts a peer into the state that follows; one that is not listed any more has none. */
  update(peer: Address, why: string, stateAfter: (member: Member) => Member): void {
    const before = this.#byAddress.get(peer);
    if (before === undefined || peer === this.#self) return;
    const after = stateAfter(before);
    const { kind, isReady, state } = after;
    const isOther = before.kind !== kind || before.isReady !== isReady;
    if (before.state !== state) {
      this.#logger.info({ peer, from: before.state, to: state, why }, "peer changed its state");
    }
    if (isOther && kind !== "unknown") {
      this.#logger.info({ peer, kind, isReady }, "peer said who it is");
    }
    this.#set(after);
    if (isOther || before.state !== state) this.#regard();
  }

  /** Says what self is from now on. */
  updateSelf(after: Pick<Member, "state" | "isReady">): void {
    const self = this.#byAddress.get(this.#self);
    assert(self !== undefined);
    this.#set({ ...self, ...after });
    this.#regard();
  }

  #relist(addresses: readonly Address[]): ListChange {
    const listed = new Set([...addresses, this.#self]);
    const joined = [...listed].filter((address) => !this.#byAddress.has(address)).toSorted();
    const left = [...this.#byAddress.keys()].filter((address) => !listed.has(address)).toSorted();
    for (const address of left) this.#byAddress.delete(address);
    for (const address of joined) this.#byAddress.set(address, listedMember(address));
    this.#sort();
    return { joined, left };
  }

  #set(member: Member): void {
    this.#byAddress.set(member.address, member);
    this.#sort();
  }

  #sort(): void {
    const byAddress = (a: Member, b: Member): number => (a.address < b.address ? -1 : 1);
    this.#members = [...this.#byAddress.values()].toSorted(byAddress);
    this.#peers = this.#members.filter(({ address }) => address !== this.#self);
  }

  /** Regards what has changed. */
  #regard(): void {
    const mapper = this.#newMapper();
    if (!isSameList(mapper.addresses, this.#mapper.addresses)) this.#mapper = mapper;
    this.#onChange();
  }

  #newMapper(): DistroMapper {
    // Only self is ever starting, and counts itself in as others will: what it takes before it is
    // ready is then its own.
    const counted = this.#members.filter(
      (member) => isHealthyMember(member) || member.state === "STARTING",
    );
    const addresses = counted.map(({ address }) => address);
    return new DistroMapper({ self: this.#self, addresses, isAlone: this.#isAlone });
  }
}

function isSameList(some: readonly Address[], others: readonly Address[]): boolean {
  return some.length === others.length && some.every((address, at) => address === others[at]);
}
