import { datumKey, type Gone, type Instance, instanceKeyOf, type MergeResult } from "@nacre/core";
import { takenFromOther, type TakeFromOtherInput, takenFromResponsible } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { instanceAt } from "./instance-at.ts";

const key = datumKey("public", "DEFAULT_GROUP@@orders");
const nothing: MergeResult = { changes: [], gone: [], peerLacks: false };

const keyA = instanceKeyOf(instanceAt("a"));
const a = instanceAt("a", { version: 5 });
const b = instanceAt("b", { version: 5 });

/** As it comes from Java: without a version. */
function javaAt(ip: string, changes: Partial<Instance> = {}): Instance {
  return instanceAt(ip, { version: 0, ...changes });
}

/** What a test says of both sides; `silences` are those of the peer, by `ip`. */
interface Situation extends Partial<Omit<TakeFromOtherInput, "theirs">> {
  readonly theirs?: readonly Instance[];
  readonly silences?: Readonly<Record<string, number>>;
  readonly gone?: readonly Gone[];
  readonly isKept?: (instanceKey: string) => boolean;
}

function inputOf({ theirs = [], silences = {}, gone = [], ...input }: Situation) {
  const instances = theirs.map((instance) => ({ instance, silenceMs: silences[instance.ip] }));
  return {
    ours: [],
    ourGone: (instanceKey: string) => gone.find((state) => state.instanceKey === instanceKey),
    theirs: { key, instances, gone: [] },
    isAlive: () => false,
    isKept: () => false,
    silenceMsOf: () => undefined,
    nextVersion: (known: number) => known + 10,
    ...input,
  };
}

describe("takenFromResponsible", () => {
  const taken = (situation: Situation) => takenFromResponsible(inputOf(situation));

  it("changes nothing when the lists are the same, versions aside", () => {
    expect(taken({ ours: [a, b], theirs: [javaAt("b"), javaAt("a")] })).toEqual(nothing);
  });

  it("takes what differs, health too, with a version above the one replaced", () => {
    const theirs = javaAt("a", { healthy: false, weight: 2 });
    expect(taken({ ours: [a], theirs: [theirs], isAlive: () => true })).toEqual({
      ...nothing,
      changes: [{ before: a, after: { ...theirs, version: 15 }, kind: "theirs" }],
    });
  });

  it("adds what is new", () => {
    expect(taken({ theirs: [javaAt("a")] }).changes).toEqual([
      { before: undefined, after: javaAt("a", { version: 10 }), kind: "theirs" },
    ]);
  });

  it("removes what is missing there", () => {
    expect(taken({ ours: [a, b], theirs: [javaAt("b")] })).toEqual({
      changes: [{ before: a, kind: "theirs" }],
      gone: [{ instanceKey: keyA, version: 15, kind: "deregistered" }],
      peerLacks: false,
    });
  });

  it("brings back what went here, above its end", () => {
    const gone = [{ instanceKey: keyA, version: 7, kind: "deregistered" }] as const;
    const { changes } = taken({ theirs: [javaAt("a")], gone });
    expect(changes.map(({ after }) => after?.version)).toEqual([17]);
  });

  it("keeps what was decided here meanwhile, and says that the peer lacks it", () => {
    const isKept = (instanceKey: string) => instanceKey === keyA;
    const kept = { ...nothing, peerLacks: true };
    const gone = [{ instanceKey: keyA, version: 7, kind: "deregistered" }] as const;
    expect(taken({ ours: [a], theirs: [], isKept })).toEqual(kept);
    expect(taken({ ours: [a], theirs: [javaAt("a", { weight: 2 })], isKept })).toEqual(kept);
    expect(taken({ theirs: [javaAt("a")], gone, isKept })).toEqual(kept);
    expect(taken({ ours: [a], theirs: [javaAt("a")], isKept })).toEqual(nothing);
    expect(taken({ ours: [a, b], theirs: [], isKept }).changes).toEqual([
      { before: b, kind: "theirs" },
    ]);
  });

  it("counts the first of what is listed twice", () => {
    const theirs = [javaAt("a"), javaAt("a", { weight: 2 })];
    expect(taken({ ours: [a], theirs })).toEqual(nothing);
  });

  it("ends with the list of the peer, whatever stood here", () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = new SeededRandom(seed);
      const listOf = () =>
        ["a", "b", "c", "d"]
          .filter(() => random.next() < 0.6)
          .map((ip) => instanceAt(ip, { weight: random.below(2), version: 1 + random.below(9) }));
      const [ours, listed] = [listOf(), listOf()];
      const theirs = random.shuffled(listed).map((instance) => ({ ...instance, version: 0 }));
      const { changes } = taken({ ours, theirs });
      const standing = new Map(ours.map((instance) => [instance.ip, instance]));
      for (const { before, after } of changes) {
        expect(after?.version ?? Number.POSITIVE_INFINITY).toBeGreaterThan(before?.version ?? 0);
        if (after === undefined) standing.delete(before?.ip ?? "");
        else standing.set(after.ip, after);
      }
      const byIp = (one: Instance, two: Instance) => (one.ip < two.ip ? -1 : 1);
      const withoutVersion = (list: Iterable<Instance>) =>
        [...list].map((instance) => ({ ...instance, version: 0 })).toSorted(byIp);
      expect(withoutVersion(standing.values())).toEqual(withoutVersion(theirs));
    }
  });
});

describe("takenFromOther", () => {
  const taken = (situation: Situation) => takenFromOther(inputOf(situation));
  const differs = { ...nothing, peerLacks: true };

  it("changes nothing when the lists are the same, versions aside", () => {
    const silences = { a: 1, b: 1 };
    expect(taken({ ours: [a, b], theirs: [javaAt("b"), javaAt("a")], silences })).toEqual(nothing);
    expect(taken({})).toEqual(nothing);
  });

  it("removes nothing", () => {
    expect(taken({ ours: [a, b], theirs: [javaAt("b")] })).toEqual(differs);
    expect(taken({ ours: [a] })).toEqual(differs);
  });

  it("adds what beat there within its delete time-out", () => {
    // What a Nacre member knows of its end wins over that.
    const changes = [{ before: undefined, after: javaAt("a", { version: 1 }), kind: "theirs" }];
    const theirs = [javaAt("a")];
    expect(taken({ theirs, silences: { a: 29_999 } })).toEqual({ ...nothing, changes });
    expect(taken({ theirs, silences: { a: 30_000 } })).toEqual(differs);
    expect(taken({ theirs })).toEqual(differs);
    const short = [javaAt("a", { metadata: { "preserved.ip.delete.timeout": "1000" } })];
    expect(taken({ theirs: short, silences: { a: 1_000 } })).toEqual(differs);
    expect(taken({ theirs: short, silences: { a: 999 } }).changes).toHaveLength(1);
  });

  it("adds marked instances, which do not beat", () => {
    expect(taken({ theirs: [javaAt("a", { marked: true })] }).changes).toHaveLength(1);
  });

  it("brings back what beat there after it went here, and nothing else", () => {
    const gone = [{ instanceKey: keyA, version: 7, kind: "deregistered" }] as const;
    const theirs = [javaAt("a")];
    const silences = { a: 2_000 };
    const goneAgo = (ageMs: number | undefined) =>
      taken({ theirs, silences, gone, goneAgeMs: () => ageMs });
    expect(goneAgo(2_001).changes.map(({ after }) => after?.version)).toEqual([8]);
    expect(goneAgo(2_000)).toEqual(differs);
    expect(goneAgo(undefined)).toEqual(differs);
    expect(taken({ theirs, silences, gone })).toEqual(differs);
    const marked = [javaAt("a", { marked: true })];
    expect(taken({ theirs: marked, gone, goneAgeMs: () => 1_000_000 })).toEqual(differs);
  });

  it("takes changed content when the last beat there is later than here", () => {
    const theirs = [javaAt("a", { weight: 2 })];
    const heard = (here: number | undefined, there?: number) =>
      taken({
        ours: [a],
        theirs,
        silences: there === undefined ? {} : { a: there },
        silenceMsOf: () => here,
      });
    const fresher = {
      ...nothing,
      changes: [{ before: a, after: javaAt("a", { weight: 2, version: 6 }), kind: "theirs" }],
    };
    expect(heard(2_000, 1_999)).toEqual(fresher);
    expect(heard(undefined, 1_999)).toEqual(fresher);
    expect(heard(2_000, 2_000)).toEqual(differs);
    expect(heard(2_000)).toEqual(differs);
    expect(heard(undefined)).toEqual(differs);
  });

  it("does not believe that an instance is silent which beats here", () => {
    const sick = javaAt("a", { healthy: false });
    const silences = { a: 1 };
    const isAlive = () => true;
    expect(taken({ ours: [a], theirs: [sick], silences, isAlive })).toEqual(differs);
    const news = { ...sick, weight: 2 };
    expect(taken({ ours: [a], theirs: [news], silences, isAlive })).toEqual({
      changes: [{ before: a, after: { ...a, weight: 2, version: 6 }, kind: "theirs" }],
      gone: [],
      peerLacks: true,
    });
    expect(taken({ ours: [a], theirs: [sick], silences }).changes).toHaveLength(1);
  });

  it("counts the first of what is listed twice, and says that the lists differ", () => {
    const theirs = [javaAt("a"), javaAt("a", { weight: 2 })];
    const silences = { a: 1 };
    expect(taken({ ours: [a], theirs, silences })).toEqual(differs);
    const first = [javaAt("a", { version: 1 })];
    expect(taken({ theirs, silences }).changes.map(({ after }) => after)).toEqual(first);
  });

  it("says that the lists differ although they are equally long", () => {
    const silences = { b: 1 };
    expect(taken({ ours: [a], theirs: [javaAt("b")], silences }).peerLacks).toBe(true);
  });
});
