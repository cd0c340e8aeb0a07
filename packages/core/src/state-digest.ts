import { javaHashCode } from "./java.ts";
import { formatSum, sumOfText } from "./sum64.ts";

/** What a {@link StateDigest} is made from. */
export interface StateDigestDependencies {
  /**
   * The sum of what stands under a key now, 16 hexadecimal digits; `undefined` or all 0 for nothing,
   * so that an empty datum and an absent one count alike.
   */
  readonly sumOf: (key: string) => string | undefined;
}

/** The limits of a {@link StateDigest}. */
export interface StateDigestOptions {
  /**
   * How many keys may be touched before they are summed unasked, so that keys which come and go while
   * nobody asks take no room.
   *
   * @defaultValue 1_024
   */
  readonly touchedMax?: number;
}

const BUCKET_COUNT = 256;
const NOTHING = "0".repeat(16);

/**
 * Sums over everything that a member holds: one root, 256 buckets, and per bucket its keys. Members
 * that hold the same have the same sums, whatever happened before; members that do not find the keys
 * that differ in three questions (`protocol.md`, Verify).
 *
 * A change costs an entry in a set. Sums are brought up to date when they are read, for the touched
 * keys only. A bucket is the sum of a 64-bit hash per key, over the key and what stands under it.
 */
export class StateDigest {
  readonly #sumOf: (key: string) => string | undefined;
  readonly #touchedMax: number;
  readonly #touched = new Set<string>();
  readonly #sumsByBucket: readonly Map<string, string>[];

  /** Two halves per bucket; the array wraps what is added to it to 32 bits. */
  readonly #halves = new Int32Array(2 * BUCKET_COUNT);
  #buckets: readonly string[] | undefined;
  #size = 0;

  constructor({ sumOf }: StateDigestDependencies, { touchedMax = 1_024 }: StateDigestOptions = {}) {
    this.#sumOf = sumOf;
    this.#touchedMax = touchedMax;
    this.#sumsByBucket = Array.from({ length: BUCKET_COUNT }, () => new Map<string, string>());
  }

  /** The bucket of a key, 0 to 255, the same on every member. */
  static bucketOf(key: string): number {
    const hash = javaHashCode(key);
    return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & (BUCKET_COUNT - 1);
  }

  /** Notes that what stands under `key` has changed. Cheap; to be called after the change. */
  touch(key: string): void {
    this.#touched.add(key);
    if (this.#touched.size >= this.#touchedMax) this.#refresh();
  }

  /** Sum over everything, 16 hexadecimal digits. */
  get root(): string {
    this.#refresh();
    let high = 0;
    let low = 0;
    for (let at = 0; at < this.#halves.length; at += 2) {
      high = (high + (this.#halves[at] ?? 0)) | 0;
      low = (low + (this.#halves[at + 1] ?? 0)) | 0;
    }
    return formatSum(high, low);
  }

  /** The sums of the 256 buckets, in order; the same array until something changes. */
  get buckets(): readonly string[] {
    this.#refresh();
    this.#buckets ??= this.#sumsByBucket.map((_, bucket) =>
      formatSum(this.#halves[2 * bucket] ?? 0, this.#halves[2 * bucket + 1] ?? 0),
    );
    return this.#buckets;
  }

  /** How many keys something stands under. */
  get size(): number {
    this.#refresh();
    return this.#size;
  }

  /** What stands in a bucket, key → sum; empty for a bucket that there is not. A view, not a copy. */
  keysOf(bucket: number): ReadonlyMap<string, string> {
    this.#refresh();
    return this.#sumsByBucket[bucket] ?? new Map<string, string>();
  }

  #refresh(): void {
    for (const key of this.#touched) this.#sum(key);
    this.#touched.clear();
  }

  #sum(key: string): void {
    const bucket = StateDigest.bucketOf(key);
    const sums = this.#sumsByBucket[bucket];
    const before = sums?.get(key);
    const sum = this.#sumOf(key);
    const after = sum === NOTHING ? undefined : sum;
    if (sums === undefined || before === after) return;
    this.#buckets = undefined;
    if (before !== undefined) this.#add(bucket, key, before, -1);
    if (after === undefined) sums.delete(key);
    else {
      this.#add(bucket, key, after, 1);
      sums.set(key, after);
    }
  }

  #add(bucket: number, key: string, sum: string, sign: 1 | -1): void {
    // The sum comes first: it has one length, so no two pairs make the same text.
    const { high, low } = sumOfText(sum + key);
    this.#halves[2 * bucket] = (this.#halves[2 * bucket] ?? 0) + sign * high;
    this.#halves[2 * bucket + 1] = (this.#halves[2 * bucket + 1] ?? 0) + sign * low;
    this.#size += sign;
  }
}
