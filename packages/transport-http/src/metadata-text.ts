import { type Metadata, NacreError, noMetadata } from "@nacre/core";
import type { MetadataChange } from "@nacre/naming";
import { readFlatObject, readTexts } from "./flat-json.ts";

/**
 * Reads metadata in any of its textual forms: a flat JSON object, `null`, or `k=v,k=v`
 * (`http-api.md` 4.5). Blank means none.
 *
 * @returns `null` for the literal `null`
 * @throws {@link NacreError} `INVALID_METADATA` for anything else.
 */
export function parseMetadata(text: string): Metadata | null {
  if (text === "{}" || text.trim() === "") return noMetadata;
  const texts = readTexts(text);
  if (texts !== undefined) return texts;
  const flat = readFlatObject(text);
  if (flat !== undefined) return flat === null ? null : textsOf(flat);
  return parsePairs(text);
}

/**
 * Reads metadata that is to change other metadata: here a `null` counts, and `null` alone is
 * nothing.
 *
 * @throws {@link NacreError} `INVALID_METADATA` as {@link parseMetadata}.
 */
export function parseMetadataChange(text: string): MetadataChange {
  const flat = readFlatObject(text);
  return flat ? Object.fromEntries(flat) : (parseMetadata(text) ?? noMetadata);
}

/** Metadata that a definition keeps: `null` counts as none there. */
export function definedMetadata(text: string): Metadata {
  return parseMetadata(text) ?? noMetadata;
}

function textsOf(flat: ReadonlyMap<string, string | null>): Metadata {
  const entries = [...flat].filter((entry): entry is [string, string] => entry[1] !== null);
  return entries.length === 0 ? noMetadata : Object.fromEntries(entries);
}

function parsePairs(text: string): Metadata {
  const pairs = javaSplit(text, ",").map((pair) => {
    const [key, value, ...more] = javaSplit(pair, "=");
    if (key === undefined || value === undefined || more.length > 0) {
      throw new NacreError("INVALID_METADATA", `metadata format incorrect:${text}`);
    }
    return [key, value] as const;
  });
  return pairs.length === 0 ? noMetadata : Object.fromEntries(pairs);
}

/** `String.split` of Java: trailing empty parts are dropped. */
export function javaSplit(text: string, separator: string): readonly string[] {
  const parts = text.split(separator);
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  if (parts.length === 1 && parts[0] === "" && text !== "") return [];
  return parts;
}
