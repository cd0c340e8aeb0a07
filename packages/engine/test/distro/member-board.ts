import { type Address, datumKey, type DatumKey, type Member } from "@nacre/core";
import type { Membership } from "@nacre/engine";

/** What the parts of the protocol ask of the list of members. */
type Asked = Pick<
  Membership,
  "self" | "peers" | "member" | "isResponsible" | "memberFor" | "noteAnswer" | "noteFailure"
>;

/** A list of members in which a test sets what is known of each. */
export class MemberBoard implements Asked {
  readonly self: Address = "10.0.0.1:8848";

  /** The member that is responsible for everything; self unless set. */
  responsible: Address = this.self;

  /** Which peers answered, and which did not. */
  readonly noted: string[] = [];
  readonly #members = new Map<Address, Member>();

  constructor(peers: Readonly<Record<Address, Partial<Member>>>) {
    this.set(this.self, { kind: "nacre" });
    for (const [address, member] of Object.entries(peers)) this.set(address, member);
  }

  get peers(): readonly Member[] {
    return [...this.#members.values()].filter(({ address }) => address !== this.self);
  }

  member(address: Address): Member | undefined {
    return this.#members.get(address);
  }

  isResponsible(): boolean {
    return this.responsible === this.self;
  }

  memberFor(): Address {
    return this.responsible;
  }

  noteAnswer(peer: Address): void {
    this.noted.push(`${peer} answered`);
  }

  noteFailure(peer: Address): void {
    this.noted.push(`${peer} failed`);
  }

  /** Lists a member, or says more of one. */
  set(address: Address, more: Partial<Member>): void {
    const before = this.#members.get(address) ?? listed(address);
    this.#members.set(address, { ...before, ...more });
  }

  /** Takes a member off the list. */
  remove(address: Address): void {
    this.#members.delete(address);
  }
}

/** The keys of some services, `s0` and on. */
export function someKeys(count: number): readonly DatumKey[] {
  return Array.from({ length: count }, (_, at) => datumKey("public", `DEFAULT_GROUP@@s${at}`));
}

function listed(address: Address): Member {
  const [ip = "", port = ""] = address.split(":");
  return {
    address,
    ip,
    port: Number(port),
    state: "UP",
    failAccessCnt: 0,
    extendInfo: {},
    kind: "unknown",
    isReady: true,
  };
}
