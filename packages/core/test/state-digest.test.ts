import { StateDigest, type StateDigestOptions } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

/** A digest over a map of key → sum that says what it was asked for. */
function startDigest(options?: StateDigestOptions) {
  const held = new Map<string, string>();
  const asked: string[] = [];
  const sumOf = (key: string) => {
    asked.push(key);
    return held.get(key);
  };
  const digest = new StateDigest({ sumOf }, options);
  const set = (key: string, sum: string | undefined) => {
    if (sum === undefined) held.delete(key);
    else held.set(key, sum);
    digest.touch(key);
  };
  return { held, asked, digest, set };
}

function digestOf(held: ReadonlyMap<string, string>): StateDigest {
  const { digest, set } = startDigest();
  for (const [key, sum] of held) set(key, sum);
  return digest;
}

const sumOfNumber = (number: number) => number.toString(16).padStart(16, "0");

describe("StateDigest", () => {
  it("is all 0 while nothing is held", () => {
    const { digest } = startDigest();
    expect(digest.root).toBe("0".repeat(16));
    expect(digest.buckets).toEqual(Array.from({ length: 256 }, () => "0".repeat(16)));
    expect(digest.size).toBe(0);
  });

  it("is the same for the same content, however it came to be", () => {
    const roots = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const random = new SeededRandom(seed);
      const { digest, set, held } = startDigest();
      for (let step = 0; step < 300; step++) {
        const isGone = random.next() < 0.3;
        set(`key-${random.below(40)}`, isGone ? undefined : sumOfNumber(1 + random.below(5)));
        // Whether it is read in between does not matter.
        if (random.next() < 0.1) roots.add(digest.root);
      }
      const anew = digestOf(new Map(random.shuffled([...held])));
      expect(digest.root).toBe(anew.root);
      expect(digest.buckets).toEqual(anew.buckets);
      expect(digest.size).toBe(held.size);
      const keys = digest.buckets.flatMap((_, bucket) => [...digest.keysOf(bucket)]);
      expect(new Map(keys)).toEqual(held);
    }
    expect(roots.size).toBeGreaterThan(20);
  });

  it("has another root for every single difference", () => {
    const random = new SeededRandom(7);
    const held = new Map<string, string>();
    for (let at = 0; at < 200; at++) held.set(`key-${at}`, sumOfNumber(1 + random.below(3)));
    const roots = new Set([digestOf(held).root]);
    for (const [key, sum] of held) {
      const without = new Map(held);
      without.delete(key);
      const changed = new Map(held).set(key, sumOfNumber(9));
      const renamed = new Map(without).set(`${key}-`, sum);
      for (const other of [without, changed, renamed]) roots.add(digestOf(other).root);
    }
    expect(roots.size).toBe(1 + 3 * held.size);
  });

  it("tells sums that two keys have swapped", () => {
    const one = new Map([
      ["a", sumOfNumber(1)],
      ["b", sumOfNumber(2)],
    ]);
    const other = new Map([
      ["a", sumOfNumber(2)],
      ["b", sumOfNumber(1)],
    ]);
    expect(digestOf(one).root).not.toBe(digestOf(other).root);
  });

  it("differs in the bucket of the key that differs, and in no other", () => {
    const held = new Map(["a", "b", "c", "d"].map((key) => [key, sumOfNumber(1)]));
    const [before, after] = [digestOf(held), digestOf(new Map(held).set("c", sumOfNumber(2)))];
    const differing = [...before.buckets.keys()].filter(
      (bucket) => before.buckets[bucket] !== after.buckets[bucket],
    );
    expect(differing).toEqual([StateDigest.bucketOf("c")]);
    expect(after.keysOf(StateDigest.bucketOf("c")).get("c")).toBe(sumOfNumber(2));
  });

  it("counts what is empty like what is absent", () => {
    const { digest, set } = startDigest();
    set("empty", sumOfNumber(0));
    set("absent", undefined);
    expect(digest.root).toBe("0".repeat(16));
    expect(digest.size).toBe(0);
    set("empty", sumOfNumber(1));
    set("empty", sumOfNumber(0));
    expect(digest.root).toBe("0".repeat(16));
    expect(digest.keysOf(StateDigest.bucketOf("empty")).size).toBe(0);
  });

  it("asks for the sums of touched keys alone, once, and when it is read", () => {
    const { digest, set, asked } = startDigest();
    for (const key of ["a", "b", "c"]) set(key, sumOfNumber(1));
    expect(asked).toEqual([]);
    expect(digest.root).toBe(digest.root);
    expect(digest.buckets).toHaveLength(256);
    expect(asked).toEqual(["a", "b", "c"]);
    set("b", sumOfNumber(2));
    set("b", sumOfNumber(3));
    expect(digest.root).not.toBe("0".repeat(16));
    expect(asked).toEqual(["a", "b", "c", "b"]);
  });

  it("makes the sums of the buckets anew only after a change", () => {
    const { digest, set } = startDigest();
    const empty = digest.buckets;
    set("a", undefined);
    expect(digest.buckets).toBe(empty);
    set("a", sumOfNumber(1));
    expect(digest.buckets).not.toEqual(empty);
    expect(empty).toEqual(startDigest().digest.buckets);
  });

  it("sums unasked when many keys were touched", () => {
    const { digest, set, asked } = startDigest({ touchedMax: 3 });
    set("a", sumOfNumber(1));
    set("b", sumOfNumber(1));
    expect(asked).toEqual([]);
    set("c", sumOfNumber(1));
    expect(asked).toEqual(["a", "b", "c"]);
    expect(digest.size).toBe(3);
  });

  it("has nothing in a bucket that there is not", () => {
    const { digest, set } = startDigest();
    set("a", sumOfNumber(1));
    for (const bucket of [-1, 256, 0.5, Number.NaN]) expect(digest.keysOf(bucket).size).toBe(0);
  });
});

describe("StateDigest.bucketOf", () => {
  it("spreads keys that differ in a few digits", () => {
    const counts = new Map<number, number>();
    for (let at = 0; at < 10_000; at++) {
      const name = `DEFAULT_GROUP@@service-${at}`;
      const bucket = StateDigest.bucketOf(
        `com.alibaba.nacos.naming.iplist.ephemeral.public##${name}`,
      );
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    expect(counts.size).toBe(256);
    expect(Math.max(...counts.values())).toBeLessThan(120);
  });

  // Members of two releases exchange bucket numbers: they may not change.
  it("is what it always was", () => {
    const keys = ["", "a", "polygenelubricants", "中文"];
    expect(keys.map((key) => StateDigest.bucketOf(key))).toEqual([0, 97, 128, 47]);
  });
});
