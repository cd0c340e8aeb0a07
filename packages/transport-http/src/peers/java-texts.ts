import type { Address, Checksums, Member, MemberReport, ServiceStatus } from "@nacre/core";

/** A member as Java shows it: the fields in its order, those of `extendInfo` sorted (`distro.md` 6.2). */
export function memberText(member: Member | MemberReport): string {
  const { ip, port, state, extendInfo, address, failAccessCnt } = member;
  const sorted = Object.fromEntries(Object.entries(extendInfo).toSorted(byName));
  return JSON.stringify({ ip, port, state, extendInfo: sorted, address, failAccessCnt });
}

/** The body of a checksum map. */
export function checksumsText(checksums: Checksums): string {
  return JSON.stringify(Object.fromEntries(checksums));
}

/**
 * The body of a service status (`distro.md` 7.6). The receiver reads it as it would a form, so what is
 * special there is escaped: a namespace may hold it.
 */
export function serviceStatusText(
  self: Address,
  { namespaceId, checksums }: ServiceStatus,
): string {
  const serviceName2Checksum = Object.fromEntries(checksums);
  const statuses = JSON.stringify({ namespaceId, serviceName2Checksum });
  const body = JSON.stringify({ clientIP: self, statuses });
  return body.replaceAll("%", "%25").replaceAll("+", "%2B");
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
