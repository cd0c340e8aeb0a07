import {
  type DatumCopy,
  type Gone,
  type InstanceCopy,
  isVersion,
  type ValueDatum,
} from "@nacre/core";
import { quoted } from "./quoted.ts";
import { instanceOf, instanceText } from "./wire-instance.ts";
import { briefKey, keyOfBrief } from "./wire-keys.ts";

/** Told once for each entry that is left out because it is not what it should be. */
export type OnDropped = () => void;

/**
 * Data on their way to a Nacre peer, a list of `[key, [instance…], [gone…]]`, each gone one
 * `[instanceKey, version, hasExpired]` with 1 or 0 at its end.
 */
export function dataText(data: readonly DatumCopy[]): string {
  const texts = data.map(({ key, instances, gone }) => {
    const list = instances.map(instanceText).join(",");
    return `[${quoted(briefKey(key))},[${list}],[${gone.map(goneText).join(",")}]]`;
  });
  return `[${texts.join(",")}]`;
}

function goneText({ instanceKey, version, kind }: Gone): string {
  return `[${quoted(instanceKey)},${version},${kind === "expired" ? 1 : 0}]`;
}

/** What {@link dataText} wrote, once it is parsed. */
export function dataOf(value: unknown, onDropped: OnDropped): readonly DatumCopy[] {
  return entriesOf(value, onDropped, (entry) => {
    const [brief, instances, gone] = listOf(entry);
    const key = keyOfBrief(brief);
    if (key === undefined) return undefined;
    return {
      key,
      instances: entriesOf<InstanceCopy>(instances, onDropped, instanceOf),
      gone: entriesOf(gone, onDropped, goneOf),
    };
  });
}

function goneOf(value: unknown): Gone | undefined {
  const [instanceKey, version, hasExpired] = listOf(value);
  if (typeof instanceKey !== "string" || !isVersion(version)) return undefined;
  return { instanceKey, version, kind: hasExpired === 1 ? "expired" : "deregistered" };
}

/** Data of other kinds, a list of `[key, version, text]`; the text is `null` when it is deleted. */
export function valuesText(values: readonly ValueDatum[]): string {
  const texts = values.map(
    ({ key, version, text }) =>
      `[${quoted(key)},${version},${text === undefined ? "null" : quoted(text)}]`,
  );
  return `[${texts.join(",")}]`;
}

/** What {@link valuesText} wrote, once it is parsed. */
export function valuesOf(value: unknown, onDropped: OnDropped): readonly ValueDatum[] {
  return entriesOf(value, onDropped, (entry) => {
    const [key, version, text] = listOf(entry);
    if (!isWireKey(key) || !isVersion(version)) return undefined;
    if (text !== null && typeof text !== "string") return undefined;
    return { key, version, text: text ?? undefined };
  });
}

const KEY_LENGTH_MAX = 4_096;

/** Whether a value that came from outside can be the key of anything. */
export function isWireKey(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= KEY_LENGTH_MAX;
}

/** The entries of a list that can be read; anything but a list has none. */
export function entriesOf<Entry>(
  value: unknown,
  onDropped: OnDropped,
  read: (entry: unknown) => Entry | undefined,
): readonly Entry[] {
  const entries: Entry[] = [];
  for (const given of listOf(value)) {
    const entry = read(given);
    if (entry === undefined) onDropped();
    else entries.push(entry);
  }
  return entries;
}

/** A list as it is, and an empty one for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
