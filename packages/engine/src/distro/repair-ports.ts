import type { StateDigest } from "@nacre/core";
import type { Membership } from "../membership/membership.ts";
import type { DistroData } from "./distro-data.ts";
import type { PeerSync } from "./peer-sync.ts";

/** Sums over everything that this member holds. */
export type DigestSums = Pick<StateDigest, "root" | "buckets" | "keysOf">;

/** What is asked of the data when a peer wants some. */
export type AskedData = Pick<DistroData, "digest" | "copyOf" | "valueOf">;

/** What verify and load need of the data that this member holds. */
export type RepairData = AskedData &
  Pick<
    DistroData,
    | "get"
    | "keys"
    | "checksumOf"
    | "merge"
    | "mergeValue"
    | "takeFromResponsible"
    | "takeFromOther"
    | "isInDoubt"
    | "doubt"
    | "giveUp"
    | "trust"
  >;

/** What verify and load need of the list of members. */
export type RepairMembers = Pick<
  Membership,
  | "self"
  | "isAlone"
  | "isReady"
  | "peers"
  | "member"
  | "mapper"
  | "isResponsible"
  | "memberFor"
  | "noteAnswer"
  | "noteFailure"
>;

/** Where keys go that a peer must hear of. */
export type RepairSync = Pick<PeerSync, "add">;

/** Whether this member speaks for services: it has loaded, and does not leave. */
export function isServing(members: Pick<RepairMembers, "self" | "isReady" | "member">): boolean {
  return members.isReady && members.member(members.self)?.state !== "DOWN";
}
