import { type DatumCopy, datumKey, type Gone, type Instance, instanceKeyOf } from "@nacre/core";
import { mergedDatum, type MergeInput, type MergeResult } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { instanceAt } from "./instance-at.ts";

const key = datumKey("public", "DEFAULT_GROUP@@orders");

/** What one member knows of a datum. */
type Known = ReadonlyMap<string, Instance | Gone>;

const isStanding = (state: Instance | Gone): state is Instance => !("instanceKey" in state);
const isGone = (state: Instance | Gone): state is Gone => "instanceKey" in state;

function goneOf(instance: Instance, version: number, kind: Gone["kind"] = "deregistered"): Gone {
  return { instanceKey: instanceKeyOf(instance), version, kind };
}

function knownOf(...states: readonly (Instance | Gone)[]): Known {
  return new Map(
    states.map((state) => [isStanding(state) ? instanceKeyOf(state) : state.instanceKey, state]),
  );
}

function copyOf(known: Known): DatumCopy {
  const states = [...known.values()];
  const instances = states.filter(isStanding);
  return {
    key,
    instances: instances.map((instance) => ({ instance, silenceMs: undefined })),
    gone: states.filter(isGone),
  };
}

function merged(ours: Known, theirs: DatumCopy, input: Partial<MergeInput> = {}): MergeResult {
  return mergedDatum({
    ours: [...ours.values()].filter(isStanding),
    ourGone: (instanceKey) => {
      const state = ours.get(instanceKey);
      return state === undefined || isStanding(state) ? undefined : state;
    },
    theirs,
    isAlive: () => false,
    silenceMsOf: () => undefined,
    nextVersion: (known) => known + 1,
    ...input,
  });
}

/** What is known after a merge was carried out, in the order of the keys. */
function after(ours: Known, { changes, gone }: MergeResult): Known {
  const next = new Map(ours);
  for (const { before, after: instance } of changes) {
    if (before !== undefined) next.delete(instanceKeyOf(before));
    if (instance !== undefined) next.set(instanceKeyOf(instance), instance);
  }
  for (const state of gone) next.set(state.instanceKey, state);
  return new Map([...next].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function mergedInto(ours: Known, theirs: Known, input?: Partial<MergeInput>): Known {
  return after(ours, merged(ours, copyOf(theirs), input));
}

const nothing = { changes: [], gone: [], peerLacks: false };
const a = instanceAt("a", { version: 5 });
const b = instanceAt("b", { version: 5 });

describe("mergedDatum", () => {
  it("changes nothing when both know the same", () => {
    const known = knownOf(a, b, goneOf(instanceAt("c"), 4));
    expect(merged(known, copyOf(known))).toEqual(nothing);
    expect(merged(knownOf(), copyOf(knownOf()))).toEqual(nothing);
  });

  it("takes an instance that is unknown here, as the peer has it", () => {
    expect(merged(knownOf(a), copyOf(knownOf(a, b)))).toEqual({
      ...nothing,
      changes: [{ before: undefined, after: b, kind: "theirs" }],
    });
  });

  it("keeps what the peer does not mention, and says that the peer lacks it", () => {
    expect(merged(knownOf(a, b), copyOf(knownOf(a)))).toEqual({ ...nothing, peerLacks: true });
  });

  it("takes the higher version of what both have", () => {
    const later = { ...a, weight: 2, version: 6 };
    const changes = [{ before: a, after: later, kind: "theirs" }];
    expect(merged(knownOf(a), copyOf(knownOf(later)))).toEqual({ ...nothing, changes });
    expect(merged(knownOf(later), copyOf(knownOf(a)))).toEqual({ ...nothing, peerLacks: true });
  });

  it("takes a higher version of the same content without calling it news", () => {
    const later = { ...a, version: 6 };
    const changes = [{ before: a, after: later, kind: "version" }];
    expect(merged(knownOf(a), copyOf(knownOf(later)))).toEqual({ ...nothing, changes });
    expect(merged(knownOf(later), copyOf(knownOf(a)))).toEqual({ ...nothing, peerLacks: true });
  });

  it("takes one of two writes of the same version, the same on both sides", () => {
    const other = { ...a, weight: 2 };
    const here = mergedInto(knownOf(a), knownOf(other));
    expect(mergedInto(knownOf(other), knownOf(a))).toEqual(here);
    const taken = merged(knownOf(a), copyOf(knownOf(other)));
    const kept = merged(knownOf(other), copyOf(knownOf(a)));
    const isTaken = taken.changes.length > 0;
    expect(kept.changes).toHaveLength(isTaken ? 0 : 1);
    expect([taken.peerLacks, kept.peerLacks]).toEqual([!isTaken, isTaken]);
  });

  it("removes what is gone there, and remembers it", () => {
    for (const version of [5, 6]) {
      const gone = goneOf(a, version);
      expect(merged(knownOf(a), copyOf(knownOf(gone)))).toEqual({
        changes: [{ before: a, kind: "theirs" }],
        gone: [gone],
        peerLacks: false,
      });
    }
  });

  it("remembers what is gone there and never stood here", () => {
    const gone = goneOf(a, 6);
    expect(merged(knownOf(), copyOf(knownOf(gone)))).toEqual({ ...nothing, gone: [gone] });
    expect(merged(knownOf(goneOf(a, 5)), copyOf(knownOf(gone))).gone).toEqual([gone]);
    expect(merged(knownOf(goneOf(a, 5, "expired")), copyOf(knownOf(goneOf(a, 5)))).gone).toEqual([
      goneOf(a, 5),
    ]);
  });

  it("does not bring back what went here later", () => {
    const known = knownOf(goneOf(a, 5));
    expect(merged(known, copyOf(knownOf(a)))).toEqual({ ...nothing, peerLacks: true });
    expect(merged(known, copyOf(knownOf({ ...a, version: 4 }))).changes).toEqual([]);
  });

  it("takes back what was registered after it went here", () => {
    const again = { ...a, version: 6 };
    expect(merged(knownOf(goneOf(a, 5)), copyOf(knownOf(again)))).toEqual({
      ...nothing,
      changes: [{ before: undefined, after: again, kind: "theirs" }],
    });
  });

  it("keeps what was registered after it went there, and says that the peer lacks it", () => {
    const lacking = { ...nothing, peerLacks: true };
    expect(merged(knownOf(a), copyOf(knownOf(goneOf(a, 4))))).toEqual(lacking);
  });

  it("does not trouble a peer with ends of instances that it does not list", () => {
    expect(merged(knownOf(goneOf(a, 5)), copyOf(knownOf()))).toEqual(nothing);
    expect(merged(knownOf(goneOf(a, 5)), copyOf(knownOf(goneOf(a, 4))))).toEqual(nothing);
  });

  it("counts the first of what a peer lists twice, and the stronger of two statements", () => {
    const twice = [a, { ...a, weight: 2 }].map((instance) => ({ instance, silenceMs: undefined }));
    const copy = { key, instances: twice, gone: [] };
    expect(merged(knownOf(), copy).changes.map((change) => change.after)).toEqual([a]);
    const gone = [goneOf(a, 6, "expired"), goneOf(a, 6), goneOf(a, 5)];
    expect(merged(knownOf(a), { ...copy, gone }).gone).toEqual([goneOf(a, 6)]);
    expect(merged(knownOf(a), { ...copy, gone: [goneOf(a, 4)] })).toEqual(nothing);
  });

  it("keeps two clusters of one address apart", () => {
    const other = { ...a, clusterName: "c1", version: 6 };
    expect(merged(knownOf(a), copyOf(knownOf(other, goneOf(b, 9))))).toEqual({
      changes: [{ before: undefined, after: other, kind: "theirs" }],
      gone: [goneOf(b, 9)],
      peerLacks: true,
    });
  });
});

describe("mergedDatum, of claims of silence", () => {
  const isAlive = () => true;
  const sick = { ...a, healthy: false, version: 7 };
  const expired = goneOf(a, 7, "expired");

  it("believes them of an instance that is silent here too", () => {
    expect(mergedInto(knownOf(a), knownOf(sick))).toEqual(knownOf(sick));
    expect(mergedInto(knownOf(a), knownOf(expired))).toEqual(knownOf(expired));
  });

  it("refutes that an instance expired which beats", () => {
    const alive = { ...a, version: 8 };
    expect(merged(knownOf(a), copyOf(knownOf(expired)), { isAlive })).toEqual({
      changes: [{ before: a, after: alive, kind: "refuted" }],
      gone: [],
      peerLacks: true,
    });
    const weak = { ...a, healthy: false };
    const { changes } = merged(knownOf(weak), copyOf(knownOf(expired)), { isAlive });
    expect(changes).toEqual([{ before: weak, after: alive, kind: "refuted" }]);
  });

  it("refutes that an instance is unhealthy which beats, and takes the rest of the news", () => {
    const news = { ...sick, weight: 2, metadata: { zone: "a" } };
    expect(merged(knownOf(a), copyOf(knownOf(news)), { isAlive })).toEqual({
      changes: [{ before: a, after: { ...news, healthy: true, version: 8 }, kind: "refuted" }],
      gone: [],
      peerLacks: true,
    });
  });

  it("asks for the very instance", () => {
    const asked: string[] = [];
    const known = knownOf(a, b);
    const claims = copyOf(knownOf(expired, { ...b, healthy: false, version: 7 }));
    const alive = (instanceKey: string) => {
      asked.push(instanceKey);
      return instanceKey === instanceKeyOf(b);
    };
    const { changes, gone } = merged(known, claims, { isAlive: alive });
    expect(asked.toSorted()).toEqual([instanceKeyOf(a), instanceKeyOf(b)]);
    expect(Object.fromEntries(changes.map(({ before, kind }) => [before?.ip, kind]))).toEqual({
      a: "theirs",
      b: "refuted",
    });
    expect(gone).toEqual([expired]);
  });

  it("does not refute what somebody said, nor older news, nor a new instance", () => {
    expect(mergedInto(knownOf(a), knownOf(goneOf(a, 7)), { isAlive })).toEqual(
      knownOf(goneOf(a, 7)),
    );
    const off = { ...a, enabled: false, version: 7 };
    expect(mergedInto(knownOf(a), knownOf(off), { isAlive })).toEqual(knownOf(off));
    const older = copyOf(knownOf({ ...sick, version: 4 }));
    expect(merged(knownOf(a), older, { isAlive })).toEqual({ ...nothing, peerLacks: true });
    expect(mergedInto(knownOf(), knownOf(sick), { isAlive })).toEqual(knownOf(sick));
    const weak = { ...a, healthy: false };
    expect(mergedInto(knownOf(weak), knownOf(sick), { isAlive })).toEqual(knownOf(sick));
  });

  it("takes for somebody's will what happens to marked instances, which do not beat", () => {
    const marked = { ...a, marked: true };
    for (const news of [{ ...sick, marked: true }, expired]) {
      expect(mergedInto(knownOf(marked), knownOf(news), { isAlive })).toEqual(knownOf(news));
    }
    const nowMarked = { ...sick, marked: true };
    expect(mergedInto(knownOf(a), knownOf(nowMarked), { isAlive })).toEqual(knownOf(nowMarked));
  });

  it("lets the refutation win on every member, whichever it hears first", () => {
    for (const claim of [sick, expired]) {
      const refuted = mergedInto(knownOf(a), knownOf(claim), { isAlive });
      const state = [...refuted.values()][0];
      expect(state).toMatchObject({ healthy: true, version: 8 });
      const claimant = knownOf(claim);
      for (const order of [
        [claimant, refuted],
        [refuted, claimant],
        [refuted, claimant, refuted, claimant],
      ]) {
        for (const start of [knownOf(), knownOf(a), claimant, refuted]) {
          const end = order.reduce<Known>((known, news) => mergedInto(known, news), start);
          expect(end).toEqual(refuted);
        }
      }
    }
  });
});

describe("mergedDatum, of any two members", () => {
  const hosts = ["a", "b", "c", "d", "e", "f"];

  /** A member that has heard some writes; few versions, so that many collide. */
  function randomKnown(random: SeededRandom): Known {
    const states = hosts.flatMap((ip): readonly (Instance | Gone)[] => {
      const version = 1 + random.below(3);
      const instance = instanceAt(ip, {
        version,
        weight: random.below(2),
        healthy: random.next() < 0.5,
      });
      const kind = random.pick(["deregistered", "expired"] as const);
      return random.pick([[], [instance], [instance], [goneOf(instance, version, kind)]]);
    });
    return after(knownOf(...random.shuffled(states)), nothing);
  }

  const seeds = Array.from({ length: 300 }, (_, seed) => seed);

  it("ends with the same on both sides", () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      const [one, two] = [randomKnown(random), randomKnown(random)];
      expect(mergedInto(one, two), `seed ${seed}`).toEqual(mergedInto(two, one));
    }
  });

  it("ends with the same whoever merges with whom first", () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      const [one, two, three] = [randomKnown(random), randomKnown(random), randomKnown(random)];
      const left = mergedInto(mergedInto(one, two), three);
      const right = mergedInto(one, mergedInto(two, three));
      expect(left, `seed ${seed}`).toEqual(right);
    }
  });

  it("changes nothing when it is done again", () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      const [one, two] = [randomKnown(random), randomKnown(random)];
      const both = mergedInto(one, two);
      const again = merged(both, copyOf(two));
      expect([again.changes, again.gone], `seed ${seed}`).toEqual([[], []]);
      expect(merged(both, copyOf(both)), `seed ${seed}`).toEqual(nothing);
    }
  });

  it("says that the peer lacks something exactly when the answer would change the peer", () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      const [one, two] = [randomKnown(random), randomKnown(random)];
      const result = merged(one, copyOf(two));
      const answer = merged(two, copyOf(after(one, result)));
      expect(result.peerLacks, `seed ${seed}`).toBe(answer.changes.length > 0);
    }
  });

  it("loses no instance of which neither an end nor anything newer is known", () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      const [one, two] = [randomKnown(random), randomKnown(random)];
      const both = mergedInto(one, two);
      for (const [instanceKey, state] of [...one, ...two]) {
        if (!isStanding(state)) continue;
        const rivals = [one.get(instanceKey), two.get(instanceKey)];
        const isEnded = rivals.some((rival) => rival !== undefined && !isStanding(rival));
        const end = both.get(instanceKey);
        expect(end, `seed ${seed}`).toBeDefined();
        const stands = end !== undefined && isStanding(end);
        expect(isEnded || stands, `seed ${seed}`).toBe(true);
        expect(end?.version, `seed ${seed}`).toBeGreaterThanOrEqual(state.version);
      }
    }
  });

  it("keeps an instance alive that beats at one member, whatever the others claim", () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed);
      let version = 1;
      const nextVersion = (known: number) => (version = Math.max(version, known) + 1);
      const members: Known[] = [0, 1, 2].map(() => knownOf(instanceAt("a", { version: 1 })));
      const hear = (at: number, from: number) => {
        const input = { isAlive: () => at === 0, nextVersion };
        members[at] = mergedInto(members[at] ?? knownOf(), members[from] ?? knownOf(), input);
      };
      for (let step = 0; step < 30; step++) {
        const at = 1 + random.below(2);
        const state = members[at]?.get(instanceKeyOf(a));
        if (state !== undefined && isStanding(state) && random.next() < 0.5) {
          const claim = nextVersion(state.version);
          const isExpiry = !state.healthy || random.next() < 0.5;
          const sick = { ...state, healthy: false, version: claim };
          members[at] = knownOf(isExpiry ? goneOf(state, claim, "expired") : sick);
        }
        hear(random.below(3), random.below(3));
      }
      // Three rounds reach everybody, whoever has the newest.
      for (let round = 0; round < 3; round++) for (const at of [0, 1, 2]) hear(at, (at + 1) % 3);
      for (const known of members) {
        expect(known.get(instanceKeyOf(a)), `seed ${seed}`).toMatchObject({ healthy: true });
        expect(known, `seed ${seed}`).toEqual(members[0]);
      }
    }
  });
});

describe("mergedDatum, of large services", () => {
  it("looks at every instance a few times, not at every pair", () => {
    let lookCount = 0;
    const count = 1_000;
    const watched = (ip: string, version: number) =>
      Object.defineProperty(instanceAt(ip, { version }), "ip", {
        get: () => (lookCount++, ip),
        enumerable: true,
      });
    const known = (version: number): readonly Instance[] =>
      Array.from({ length: count }, (_, at) => watched(`host-${at}`, version));
    const theirs = {
      key,
      instances: known(2).map((instance) => ({ instance, silenceMs: undefined })),
      gone: [],
    };
    const ours = known(1);
    const { changes } = merged(new Map(), theirs, { ours });
    expect(changes).toHaveLength(count);
    expect(lookCount).toBeLessThan(10 * count);
  });
});
