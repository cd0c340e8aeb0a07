import { type DigestAnswer, type FetchRequest, NacreError, StateDigest } from "@nacre/core";
import { describe, expect, it } from "vitest";
// By file: it serves the parts of the package, not its users.
import {
  differencesIn,
  differencesWith,
  digestAnswerOf,
  fetchKeys,
} from "../../src/distro/digest-session.ts";
import { ScriptedTransport } from "../scripted-transport.ts";
import { b } from "./start-repair.ts";

/** The sums of a member that holds these keys. */
function startDigest(sums: Readonly<Record<string, string>>): StateDigest {
  const digest = new StateDigest({ sumOf: (key) => sums[key] });
  for (const key of Object.keys(sums)) digest.touch(key);
  return digest;
}

const one = "1".repeat(16);
const two = "2".repeat(16);
const all = { keysMax: 100, firstBucket: 0 };
const keys = Array.from({ length: 600 }, (_, at) => `key-${at}`);

describe("differencesWith", () => {
  /** Compares with a peer, and counts the questions. */
  async function compare(
    ours: Readonly<Record<string, string>>,
    theirs: Readonly<Record<string, string>>,
  ) {
    const transport = new ScriptedTransport();
    const answering = startDigest(theirs);
    transport.answers.digest = (_, message) =>
      Promise.resolve(digestAnswerOf(answering, message, all));
    const differences = await differencesWith(b, { transport, digest: startDigest(ours) });
    return { differences, questions: transport.sent("digest").map(({ content }) => content) };
  }

  it("asks one small question when both agree", async () => {
    const { differences, questions } = await compare({ x: one }, { x: one });
    expect(differences).toBeUndefined();
    expect(questions).toEqual([{ root: startDigest({ x: one }).root }]);
  });

  it("finds what the peer alone has, what differs, and what only this member has", async () => {
    const { differences, questions } = await compare(
      { same: one, different: one, ours: one },
      { same: one, different: two, theirs: one },
    );
    expect(differences?.toFetch.toSorted()).toEqual(["different", "theirs"]);
    expect(differences?.toSend).toEqual(["ours"]);
    expect(questions).toHaveLength(2);
  });

  it("does not take a peer for agreeing that says neither", async () => {
    const transport = new ScriptedTransport();
    transport.answers.digest = () => Promise.resolve({ outcome: "differs" });
    const differences = differencesWith(b, { transport, digest: startDigest({ x: one }) });
    await expect(differences).rejects.toThrow(expect.objectContaining({ code: "PEER_REFUSED" }));
  });
});

describe("differencesIn", () => {
  it("leaves out buckets that there are not", () => {
    const theirs = new Map([
      [256, new Map([["x", one]])],
      [-1, new Map([["y", one]])],
    ]);
    expect(differencesIn(theirs, startDigest({}))).toEqual({ toFetch: [], toSend: [] });
  });
});

describe("digestAnswerOf", () => {
  const digest = startDigest(Object.fromEntries(keys.map((key) => [key, one])));
  const { root, buckets } = startDigest({});

  function bucketsOf(answer: DigestAnswer): readonly number[] {
    return answer.outcome === "keys" ? [...answer.buckets.keys()] : [];
  }

  it("asks for the buckets when the roots differ", () => {
    expect(digestAnswerOf(digest, { root }, all)).toEqual({ outcome: "differs" });
    expect(digestAnswerOf(digest, { root: digest.root }, all)).toEqual({ outcome: "agreed" });
  });

  it("names so many keys at most, and goes on where it is told to", () => {
    const first = digestAnswerOf(digest, { root, buckets }, all);
    const told = bucketsOf(first);
    expect(told.length).toBeGreaterThan(10);
    expect(told.length).toBeLessThan(100);
    const firstBucket = (told.at(-1) ?? 0) + 1;
    const second = digestAnswerOf(digest, { root, buckets }, { keysMax: 100, firstBucket });
    expect(bucketsOf(second)[0]).toBeGreaterThanOrEqual(firstBucket);
  });

  it("begins anew after the last bucket", () => {
    const answer = digestAnswerOf(digest, { root, buckets }, { keysMax: 100, firstBucket: 255 });
    expect(bucketsOf(answer)).toContain(0);
  });

  it("tells one bucket whole, however large it is", () => {
    const answer = digestAnswerOf(digest, { root, buckets }, { keysMax: 0, firstBucket: 7 });
    expect(bucketsOf(answer)).toEqual([7]);
  });

  it("refuses another number of buckets", () => {
    const answer = (): DigestAnswer => digestAnswerOf(digest, { root, buckets: [one] }, all);
    expect(answer).toThrow(NacreError);
  });
});

describe("fetchKeys", () => {
  /** Fetches 5 keys, 2 at most in one request, and keeps what was asked for. */
  async function fetch(
    cursorFor: (asked: readonly string[]) => string | undefined,
    isStopped = () => false,
  ) {
    const transport = new ScriptedTransport();
    const asked: (readonly string[])[] = [];
    transport.answers.fetch = (_, request: FetchRequest) => {
      const batch = "keys" in request ? request.keys : [];
      asked.push(batch);
      return Promise.resolve({ data: [], values: [], cursor: cursorFor(batch) });
    };
    let takenCount = 0;
    const take = (): void => void takenCount++;
    await fetchKeys(b, ["1", "2", "3", "4", "5"], { transport, keysMax: 2, take, isStopped });
    return { asked, takenCount };
  }

  it("asks in batches, one after the other", async () => {
    const { asked, takenCount } = await fetch(() => undefined);
    expect(asked).toEqual([["1", "2"], ["3", "4"], ["5"]]);
    expect(takenCount).toBe(3);
  });

  it("asks again for what an answer had no room for", async () => {
    const { asked } = await fetch((batch) => batch[1]);
    expect(asked).toEqual([["1", "2"], ["2", "3"], ["3", "4"], ["4", "5"], ["5"]]);
  });

  it.each(["1", "nowhere"])("goes on when a cursor leads to %s", async (cursor) => {
    const { asked } = await fetch(() => cursor);
    expect(asked).toHaveLength(3);
  });

  it("takes nothing once it is stopped", async () => {
    const { asked, takenCount } = await fetch(
      () => undefined,
      () => true,
    );
    expect(asked).toHaveLength(1);
    expect(takenCount).toBe(0);
  });
});
