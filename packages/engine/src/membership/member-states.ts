import {
  type Address,
  type ExtendInfo,
  type Greeting,
  type Member,
  type Millis,
  NacreError,
} from "@nacre/core";
import { greetingIn, raftPortOf } from "./extend-info.ts";

/**
 * A member that was just listed and not heard from: `UP`, as Java has it (`distro.md` 6.4), of unknown
 * kind.
 */
export function listedMember(address: Address): Member {
  const { ip, port } = partsOf(address);
  return {
    address,
    ip,
    port,
    state: "UP",
    failAccessCnt: 0,
    extendInfo: { raftPort: raftPortOf(port) },
    kind: "unknown",
    isReady: true,
  };
}

/**
 * After our report was answered with success (`distro.md` 6.6).
 *
 * Whoever comes back may have come back as something else. So its kind is what it says, and when it
 * was down and says nothing, it must be asked again.
 */
export function afterSuccess(member: Member, greeting: Greeting | undefined): Member {
  const wasDown = member.state === "DOWN";
  const kind = greeting?.kind ?? (wasDown ? "unknown" : member.kind);
  const isReady = greeting?.isReady ?? (wasDown || member.isReady);
  return { ...member, state: "UP", failAccessCnt: 0, kind, isReady };
}

/**
 * After our report failed, and somebody may still be there: suspicious, down when it failed more than
 * `failAccessCntMax` times in a row.
 *
 * Who is down stays down. With Java a failure other than a refused connection makes it suspicious
 * again, so a member that said goodbye, or whose machine went after its process, would be counted in
 * for three more rounds.
 */
export function afterFailure(member: Member, failAccessCntMax: number): Member {
  const failAccessCnt = member.failAccessCnt + 1;
  const isDown = member.state === "DOWN" || failAccessCnt > failAccessCntMax;
  return isDown
    ? down({ ...member, failAccessCnt })
    : { ...member, state: "SUSPICIOUS", failAccessCnt };
}

/** After nobody listened at its address: down at once. */
export function afterRefusal(member: Member): Member {
  const failAccessCnt = member.failAccessCnt + 1;
  return { ...member, failAccessCnt, state: "DOWN", kind: "unknown", isReady: true };
}

/** After it reported to us: up, whatever becomes of our reports, and without forgetting them. */
export function afterReport(member: Member, extendInfo: ExtendInfo, epochMs: Millis): Member {
  const info = { ...extendInfo, lastRefreshTime: epochMs };
  return { ...member, state: "UP", extendInfo: info, ...greetingIn(extendInfo) };
}

/** After it said that it leaves: down at once. What it was is still known, it can yet be talked to. */
export function afterLeaving(member: Member): Member {
  return { ...member, state: "DOWN", isReady: false };
}

/** After it said who it is. That changes no state: only reports do. */
export function afterGreeting(member: Member, { kind, isReady }: Greeting): Member {
  return { ...member, kind, isReady };
}

/** Whether nobody listens at the peer's address, so that trying on tells nothing new. */
export function isConnectionRefused(error: unknown): boolean {
  if (!(error instanceof NacreError) || error.code !== "PEER_UNREACHABLE") return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

// It may come back as the other kind, so that is forgotten. The failures that follow leave alone what
// it may have said meanwhile: a member that starts says who it is before it reports.
function down(member: Member): Member {
  if (member.state === "DOWN") return member;
  return { ...member, state: "DOWN", kind: "unknown", isReady: true };
}

/** @returns the host with the brackets of an IPv6 address, as Java keeps it. */
function partsOf(address: Address): { readonly ip: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  return { ip: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
