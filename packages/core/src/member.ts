/** `host:port` of a member, spelled as in everybody's member list. */
export type Address = string;

/**
 * The states of Nacos 1.4.1 (`distro.md` 6.2). Peers are only ever `UP`, `SUSPICIOUS` or `DOWN`; self
 * is `STARTING` until it serves.
 */
export type MemberState = "STARTING" | "UP" | "SUSPICIOUS" | "DOWN" | "ISOLATION";

/** What runs at an address; `unknown` until it has been heard from. */
export type MemberKind = "nacre" | "java" | "unknown";

/** What else a member says of itself; keys and values as they travel (`distro.md` 6.2). */
export type ExtendInfo = Readonly<Record<string, unknown>>;

/** One server of the cluster, as this member sees it. A value: it is replaced, never edited. */
export interface Member {
  readonly address: Address;
  readonly ip: string;
  readonly port: number;
  readonly state: MemberState;

  /** Failures in a row of our calls to it. */
  readonly failAccessCnt: number;
  readonly extendInfo: ExtendInfo;
  readonly kind: MemberKind;

  /** Whether it serves, as far as it says; members that say nothing of it do. */
  readonly isReady: boolean;
}

/** Whether ownership counts a member in (`distro.md` 2.1). */
export function isHealthyMember({ state }: Member): boolean {
  return state === "UP" || state === "SUSPICIOUS";
}

/**
 * Whether a Nacre member can be told things. Once it has said who it is, it can, also while it counts
 * as down: a member that starts reports to nobody until it has loaded. That is forgotten when nobody
 * answers there any more.
 */
export function isNacreWithinReach({ kind }: Member): boolean {
  return kind === "nacre";
}

/** Who takes the writes of a service, as far as a part needs to know. */
export interface Responsibility {
  /** Whether this member does. `groupedName` is `<group>@@<service>`. */
  isResponsible(groupedName: string): boolean;
}

/** The responsibility of a member that runs alone: everything is its own. */
export const soleResponsibility: Responsibility = { isResponsible: () => true };
