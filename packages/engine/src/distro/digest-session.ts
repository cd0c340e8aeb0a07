import {
  type Address,
  type DigestAnswer,
  type DigestMessage,
  type FetchAnswer,
  NacreError,
  type Transport,
} from "@nacre/core";
import type { DigestSums } from "./repair-ports.ts";

/** How two Nacre members differ, seen from one of them. */
export interface Differences {
  /** What the peer holds and this member does not, or holds differently. */
  readonly toFetch: readonly string[];

  /** What only this member holds. */
  readonly toSend: readonly string[];
}

/** How much a {@link DigestAnswer} tells. */
export interface AnswerLimits {
  /**
   * How many keys it names at most, but for one bucket, which is always told whole. What is left out
   * comes in a later round.
   */
  readonly keysMax: number;

  /** With which bucket it begins, so that a later round can tell what an earlier one left out. */
  readonly firstBucket: number;
}

/**
 * Compares everything held here with a peer: one small question as long as both agree.
 *
 * @returns `undefined` when they agree
 * @throws NacreError `PEER_REFUSED` when the peer says neither that it agrees nor how it differs
 */
export async function differencesWith(
  peer: Address,
  { transport, digest }: { readonly transport: Transport; readonly digest: DigestSums },
): Promise<Differences | undefined> {
  let answer = await transport.digest(peer, { root: digest.root });
  if (answer.outcome === "differs") {
    answer = await transport.digest(peer, { root: digest.root, buckets: digest.buckets });
  }
  if (answer.outcome === "agreed") return undefined;
  if (answer.outcome === "keys") return differencesIn(answer.buckets, digest);
  throw new NacreError("PEER_REFUSED", `${peer} does not say in which buckets it differs`);
}

/** How the buckets that a peer told of differ from those held here. */
export function differencesIn(
  theirBuckets: ReadonlyMap<number, ReadonlyMap<string, string>>,
  digest: DigestSums,
): Differences {
  const toFetch: string[] = [];
  const toSend: string[] = [];
  for (const [bucket, theirs] of theirBuckets) {
    if (bucket < 0 || bucket >= digest.buckets.length) continue;
    const ours = digest.keysOf(bucket);
    for (const [key, sum] of theirs) if (ours.get(key) !== sum) toFetch.push(key);
    for (const key of ours.keys()) if (!theirs.has(key)) toSend.push(key);
  }
  return { toFetch, toSend };
}

/**
 * What to answer a peer that tells what it holds.
 *
 * @throws NacreError `INVALID_PARAM` when the message has another number of buckets
 */
export function digestAnswerOf(
  digest: DigestSums,
  { root, buckets }: DigestMessage,
  { keysMax, firstBucket }: AnswerLimits,
): DigestAnswer {
  if (root === digest.root) return { outcome: "agreed" };
  if (buckets === undefined) return { outcome: "differs" };
  const ours = digest.buckets;
  if (buckets.length !== ours.length) {
    throw new NacreError("INVALID_PARAM", `${buckets.length} buckets instead of ${ours.length}`);
  }
  const told = new Map<number, ReadonlyMap<string, string>>();
  let keyCount = 0;
  for (let step = 0; step < ours.length; step++) {
    const bucket = (firstBucket + step) % ours.length;
    if (buckets[bucket] === ours[bucket]) continue;
    const keys = digest.keysOf(bucket);
    if (told.size > 0 && keyCount + keys.size > keysMax) break;
    told.set(bucket, keys);
    keyCount += keys.size;
  }
  return { outcome: "keys", buckets: told };
}

/** What {@link fetchKeys} does with answers, and when it ends. */
export interface FetchKeysOptions {
  readonly transport: Transport;

  /** How many keys one request names at most. */
  readonly keysMax: number;

  /** Takes one answer over. */
  readonly take: (answer: FetchAnswer) => void;

  /** Looked at after each answer; when true, the answer is not taken and nothing more is asked. */
  readonly isStopped: () => boolean;
}

/** Fetches the data under `keys` from a Nacre peer, in batches, one after the other. */
export async function fetchKeys(
  peer: Address,
  keys: readonly string[],
  { transport, keysMax, take, isStopped }: FetchKeysOptions,
): Promise<void> {
  let at = 0;
  while (at < keys.length) {
    const batch = keys.slice(at, at + keysMax);
    const answer = await transport.fetch(peer, { keys: batch });
    if (isStopped()) return;
    take(answer);
    // A full answer says with which of the keys it would go on.
    const next = answer.cursor === undefined ? -1 : batch.indexOf(answer.cursor);
    at += next > 0 ? next : batch.length;
  }
}
