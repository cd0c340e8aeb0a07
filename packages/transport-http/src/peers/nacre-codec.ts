import {
  type Address,
  type BeatGroup,
  type BeatMessage,
  type DigestAnswer,
  type DigestMessage,
  type FetchAnswer,
  type FetchRequest,
  type Greeting,
  NacreError,
  type SyncMessage,
} from "@nacre/core";
import { WIRE_VERSION } from "./peer-headers.ts";
import { quoted } from "./quoted.ts";
import {
  dataOf,
  dataText,
  entriesOf,
  isWireKey,
  listOf,
  type OnDropped,
  valuesOf,
  valuesText,
} from "./wire-data.ts";
import { isSilence } from "./wire-instance.ts";
import { briefKey, keyOfBrief } from "./wire-keys.ts";

/**
 * What Nacre members say among themselves: JSON objects with `wire`, the version, and fields of one
 * letter where there are many entries. A field that a reader does not know is ignored; an entry that it
 * cannot read is left out and told to `onDropped`; a message that it cannot read at all throws
 * {@link NacreError} `INVALID_PARAM`.
 */
const WIRE = `"wire":${WIRE_VERSION}`;

/** A message without content. */
export const emptyText: string = `{${WIRE}}`;

/** The JSON object that a message is. */
export function wireObject(text: string): Readonly<Record<string, unknown>> {
  const message = parsed(text);
  if (typeof message !== "object" || message === null) throw unreadable("no object");
  const object = message as Readonly<Record<string, unknown>>;
  if (!isCount(object["wire"]) || object["wire"] === 0) throw unreadable("no version");
  return object;
}

/** Who a member is. */
export function greetingText({ isReady }: Greeting): string {
  return `{${WIRE},"kind":"nacre","isReady":${isReady}}`;
}

/** A member whose answer lacks what only Nacre members say is of Java. */
export function greetingOf(text: string): Greeting {
  const answer = parsed(text);
  const { kind, isReady } = Object(answer) as Readonly<Record<string, unknown>>;
  if (kind !== "nacre" || typeof isReady !== "boolean") return { kind: "java", isReady: true };
  return { kind, isReady };
}

/** Changed data: `d`, `v`, and whom to pass them on to, `r`. */
export function syncText({ data, values, relayTo }: SyncMessage): string {
  return `{${WIRE},"d":${dataText(data)},"v":${valuesText(values)},"r":${textsText(relayTo)}}`;
}

/** What {@link syncText} wrote. */
export function syncOf(text: string, onDropped: OnDropped): SyncMessage {
  const { d, v, r } = wireObject(text);
  return { data: dataOf(d, onDropped), values: valuesOf(v, onDropped), relayTo: relayOf(r) };
}

/** Beats: `b`, a list of `[key, silenceMs, [instanceKey…]]`, and whom to pass them on to, `r`. */
export function beatsText({ beats, relayTo }: BeatMessage): string {
  const groups = beats.map(
    ({ key, silenceMs, instanceKeys }) =>
      `[${quoted(briefKey(key))},${Math.max(0, Math.round(silenceMs))},${textsText(instanceKeys)}]`,
  );
  return `{${WIRE},"b":[${groups.join(",")}],"r":${textsText(relayTo)}}`;
}

/** What {@link beatsText} wrote. */
export function beatsOf(text: string, onDropped: OnDropped): BeatMessage {
  const { b, r } = wireObject(text);
  return {
    beats: entriesOf(b, onDropped, (entry) => groupOf(entry, onDropped)),
    relayTo: relayOf(r),
  };
}

function groupOf(entry: unknown, onDropped: OnDropped): BeatGroup | undefined {
  const [brief, silenceMs, instanceKeys] = listOf(entry);
  const key = keyOfBrief(brief);
  if (key === undefined || !isSilence(silenceMs)) return undefined;
  return { key, silenceMs, instanceKeys: entriesOf(instanceKeys, onDropped, wireKeyOf) };
}

/** A digest: `root`, and once it is known to differ `buckets`, all in one text. */
export function digestText({ root, buckets }: DigestMessage): string {
  return `{${WIRE},"root":"${root}"${buckets === undefined ? "" : `,"buckets":"${buckets.join("")}"`}}`;
}

/** What {@link digestText} wrote. */
export function digestOf(text: string): DigestMessage {
  const { root, buckets } = wireObject(text);
  if (!isSum(root)) throw unreadable("root");
  if (buckets === undefined) return { root };
  if (typeof buckets !== "string" || !BUCKETS.test(buckets)) throw unreadable("buckets");
  const sums = Array.from({ length: BUCKET_COUNT }, (_, index) =>
    buckets.slice(index * SUM_LENGTH, (index + 1) * SUM_LENGTH),
  );
  return { root, buckets: sums };
}

/**
 * What is found about a digest: `outcome`, and the buckets that differ, each as
 * `[number, [key, sum, key, sum…]]`.
 */
export function digestAnswerText(answer: DigestAnswer): string {
  const outcome = `{${WIRE},"outcome":"${answer.outcome}"`;
  if (answer.outcome !== "keys") return `${outcome}}`;
  const buckets = [...answer.buckets].map(
    ([bucket, sums]) => `[${bucket},${textsText([...sums].flat())}]`,
  );
  return `${outcome},"buckets":[${buckets.join(",")}]}`;
}

/** What {@link digestAnswerText} wrote. */
export function digestAnswerOf(text: string, onDropped: OnDropped): DigestAnswer {
  const { outcome, buckets } = wireObject(text);
  if (outcome === "agreed" || outcome === "differs") return { outcome };
  if (outcome !== "keys") throw unreadable("outcome");
  return {
    outcome,
    buckets: new Map(entriesOf(buckets, onDropped, (entry) => bucketOf(entry, onDropped))),
  };
}

function bucketOf(
  entry: unknown,
  onDropped: OnDropped,
): readonly [number, ReadonlyMap<string, string>] | undefined {
  const [bucket, pairs] = listOf(entry);
  if (!isCount(bucket) || bucket >= BUCKET_COUNT) return undefined;
  const sums = new Map<string, string>();
  const given = listOf(pairs);
  for (let at = 0; at < given.length; at += 2) {
    const key = given[at];
    const sum = given[at + 1];
    if (isWireKey(key) && isSum(sum)) sums.set(key, sum);
    else onDropped();
  }
  return [bucket, sums];
}

/** Which data are asked for: `keys`, or a `scope` with the `cursor` of a page. */
export function fetchText(request: FetchRequest): string {
  return "keys" in request
    ? `{${WIRE},"keys":${textsText(request.keys)}}`
    : `{${WIRE},"scope":"${request.scope}","cursor":${quoted(request.cursor)}}`;
}

/** What {@link fetchText} wrote. */
export function fetchOf(text: string, onDropped: OnDropped): FetchRequest {
  const { keys, scope, cursor } = wireObject(text);
  if (keys !== undefined) return { keys: entriesOf(keys, onDropped, wireKeyOf) };
  if (scope !== "responsible" && scope !== "all") throw unreadable("scope");
  if (typeof cursor !== "string" || cursor.length > CURSOR_LENGTH_MAX) throw unreadable("cursor");
  return { scope, cursor };
}

/** Data that were asked for, and where the next page begins. */
export function fetchAnswerText({ data, values, cursor }: FetchAnswer): string {
  const next = cursor === undefined ? "" : `,"cursor":${quoted(cursor)}`;
  return `{${WIRE},"d":${dataText(data)},"v":${valuesText(values)}${next}}`;
}

/** What {@link fetchAnswerText} wrote. */
export function fetchAnswerOf(text: string, onDropped: OnDropped): FetchAnswer {
  const { d, v, cursor } = wireObject(text);
  if (cursor !== undefined && typeof cursor !== "string") throw unreadable("cursor");
  return { data: dataOf(d, onDropped), values: valuesOf(v, onDropped), cursor };
}

const BUCKET_COUNT = 256;
const SUM_LENGTH = 16;
const CURSOR_LENGTH_MAX = 8_192;
const RELAY_MAX = 1_000;
const BUCKETS = /^[0-9a-f]{4096}$/;

function isSum(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{16}$/.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function wireKeyOf(value: unknown): string | undefined {
  return isWireKey(value) ? value : undefined;
}

function relayOf(value: unknown): readonly Address[] {
  return listOf(value).slice(0, RELAY_MAX).filter(isWireKey);
}

function textsText(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(",")}]`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(error.message);
  }
}

function unreadable(what: string): NacreError {
  return new NacreError("INVALID_PARAM", `not a message of a Nacre member: ${what}`);
}
