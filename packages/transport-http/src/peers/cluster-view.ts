import type { Address, Member, Responsibility } from "@nacre/core";

/** Port: the cluster as this member sees it. */
export interface ClusterView extends Responsibility {
  /** The address of this member. */
  readonly self: Address;

  /** Whether this member serves. */
  readonly isReady: boolean;

  /** Self included, sorted by address (`distro.md` 2.1). */
  readonly members: readonly Member[];

  member(address: Address): Member | undefined;

  /** The member that is responsible for a service; `groupedName` is `<group>@@<service>`. */
  memberFor(groupedName: string): Address;
}

/** Port: which addresses are members'. */
export interface MemberAddresses {
  /** Whether `host:port`, spelled as in everybody's list, is a member's. */
  isMember(address: Address): boolean;

  /** Whether a member may call from this IP address; no brackets around one of IPv6. */
  isMemberIp(ip: string): boolean;
}
