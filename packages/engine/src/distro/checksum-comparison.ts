import {
  type Address,
  type Checksums,
  type Datum,
  type DatumKey,
  instancesChecksum,
  isDatumKey,
  parseDatumKey,
} from "@nacre/core";
import type { RepairData, RepairMembers } from "./repair-ports.ts";

/** How the checksums of a Java peer differ from what is held here. */
export interface ChecksumComparison {
  /** What the peer names, and what is unknown or different here. */
  readonly differing: readonly DatumKey[];

  /** What is held here, should be the peer's to name, and is not named. */
  readonly missing: ReadonlyMap<DatumKey, Datum>;
}

/** What {@link compareChecksums} goes by. */
export interface ChecksumComparisonInput {
  readonly from: Address;
  readonly checksums: Checksums;
  readonly data: Pick<RepairData, "get" | "keys" | "checksumOf">;
  readonly membership: Pick<RepairMembers, "memberFor">;
}

/** What a Java peer sends for a list without instances. */
const EMPTY_CHECKSUM = instancesChecksum([]);

/**
 * Compares the checksums that a Java peer tells with what is held here (`distro.md` 5.4).
 *
 * Only keys count of which this member, too, holds the peer responsible. Java asks the sender also for
 * keys of a third member, and so takes turns between two lists while members differ about who is
 * responsible; and it drops the whole map for one key of its own. Here each such key is left out, and
 * so is one whose key or checksum is none.
 */
export function compareChecksums(input: ChecksumComparisonInput): ChecksumComparison {
  const { from, checksums, data } = input;
  const differing: DatumKey[] = [];
  for (const [key, checksum] of checksums) {
    if (typeof checksum !== "string" || !isDatumKey(key)) continue;
    if (isToldBy(from, key, input) && isDifferent(key, checksum, data)) differing.push(key);
  }
  const missing = new Map<DatumKey, Datum>();
  for (const key of data.keys()) {
    const datum = data.get(key);
    if (datum === undefined || datum.instances.length === 0 || checksums.has(key)) continue;
    if (isToldBy(from, key, input)) missing.set(key, datum);
  }
  return { differing, missing };
}

/** Whether a key is a peer's to tell: by what this member knows, the peer is responsible for it. */
export function isToldBy(
  from: Address,
  key: DatumKey,
  { membership }: Pick<ChecksumComparisonInput, "membership">,
): boolean {
  const { groupedServiceName } = parseDatumKey(key);
  return membership.memberFor(groupedServiceName) === from;
}

// Nothing and an empty list are the same: there is nothing to ask for.
function isDifferent(
  key: DatumKey,
  checksum: string,
  data: ChecksumComparisonInput["data"],
): boolean {
  const ours = data.get(key) === undefined ? EMPTY_CHECKSUM : data.checksumOf(key);
  return ours !== checksum;
}
