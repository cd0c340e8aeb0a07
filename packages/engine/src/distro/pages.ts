import {
  type DatumCopy,
  type DatumKey,
  type FetchAnswer,
  type FetchRequest,
  NacreError,
  type ValueDatum,
} from "@nacre/core";
import type { AskedData, DigestSums, RepairMembers } from "./repair-ports.ts";

/** How much one {@link FetchAnswer} holds. */
export interface PageLimits {
  /**
   * How many instances it holds at most, what is left of gone ones included; whatever has neither
   * counts as one. A datum is never split: one that is larger fills a page of its own.
   *
   * @defaultValue 1_000
   */
  readonly instancesMax?: number;
}

/**
 * What to answer a Nacre peer that asks for data. Keys under which there is nothing are left out.
 *
 * Pages go through the buckets of the digest in order, and through the keys of a bucket in order. A
 * cursor is the place itself, `<bucket>/<key>`, so it stays right whatever changes in between: what
 * stands all the time is told once. An answer to keys that is full names the key with which a further
 * request would go on.
 *
 * @throws NacreError `STARTING` before this member has loaded; `INVALID_PARAM` when the cursor is none
 */
export function pageOf(
  data: AskedData,
  membership: Pick<RepairMembers, "isReady" | "isResponsible">,
  request: FetchRequest,
  { instancesMax = 1_000 }: PageLimits = {},
): FetchAnswer {
  if (!membership.isReady) throw new NacreError("STARTING", "this member has not loaded yet");
  if ("keys" in request) return filledPage(data, listedPlaces(request.keys), instancesMax);
  const { scope, cursor } = request;
  const isAsked = (key: string): boolean =>
    scope === "all" || membership.isResponsible(nameIn(key));
  return filledPage(data, placesFrom(data.digest, parseCursor(cursor), isAsked), instancesMax);
}

/** A key, and the cursor of a page that begins with it. */
interface Place {
  readonly key: string;
  readonly cursor: string;
}

function filledPage(source: AskedData, places: Iterable<Place>, instancesMax: number): FetchAnswer {
  const data: DatumCopy[] = [];
  const values: ValueDatum[] = [];
  let size = 0;
  for (const { key, cursor } of places) {
    const copy = source.copyOf(key as DatumKey);
    const value = copy === undefined ? source.valueOf(key) : undefined;
    if (copy === undefined && value === undefined) continue;
    const keySize = Math.max(1, (copy?.instances.length ?? 0) + (copy?.gone.length ?? 0));
    if (size > 0 && size + keySize > instancesMax) return { data, values, cursor };
    size += keySize;
    if (copy !== undefined) data.push(copy);
    if (value !== undefined) values.push(value);
  }
  return { data, values, cursor: undefined };
}

function* listedPlaces(keys: readonly string[]): Iterable<Place> {
  for (const key of keys) yield { key, cursor: key };
}

function* placesFrom(
  digest: DigestSums,
  { bucket: first, key: firstKey }: { readonly bucket: number; readonly key: string },
  isAsked: (key: string) => boolean,
): Iterable<Place> {
  for (let bucket = first; bucket < digest.buckets.length; bucket++) {
    for (const key of [...digest.keysOf(bucket).keys()].toSorted()) {
      const isBefore = bucket === first && key < firstKey;
      if (!isBefore && isAsked(key)) yield { key, cursor: `${bucket}/${key}` };
    }
  }
}

function parseCursor(cursor: string): { readonly bucket: number; readonly key: string } {
  if (cursor === "") return { bucket: 0, key: "" };
  const [, bucket, key] = /^(\d{1,3})\/(.*)$/s.exec(cursor) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new NacreError("INVALID_PARAM", `not a cursor: ${cursor}`);
  }
  return { bucket: Number(bucket), key };
}

// The keys of definitions end in the grouped name as well; a key that does not is shared out as it is.
function nameIn(key: string): string {
  const at = key.lastIndexOf("##");
  return at === -1 ? key : key.slice(at + 2);
}
