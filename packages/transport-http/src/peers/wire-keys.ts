import {
  type DatumKey,
  datumKey,
  isDatumKey,
  isLegalServiceName,
  parseDatumKey,
} from "@nacre/core";

const PREFIX_LENGTH = datumKey("", "").length - "##".length;
const PREFIX = datumKey("", "").slice(0, PREFIX_LENGTH);

/** The key of a datum without the 42 characters that all of them begin with. */
export function briefKey(key: DatumKey): string {
  return key.slice(PREFIX_LENGTH);
}

/** The key that was made brief; `undefined` when it names no service that may exist. */
export function keyOfBrief(brief: unknown): DatumKey | undefined {
  if (typeof brief !== "string") return undefined;
  const key = PREFIX + brief;
  if (!isDatumKey(key)) return undefined;
  return isLegalServiceName(parseDatumKey(key).groupedServiceName) ? key : undefined;
}
