import { type DatumCopy, datumKey, type FetchAnswer, NacreError } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// Not exported: what members say among themselves concerns nobody else.
import {
  beatsOf,
  beatsText,
  digestAnswerOf,
  digestAnswerText,
  digestOf,
  digestText,
  emptyText,
  fetchAnswerOf,
  fetchAnswerText,
  fetchOf,
  fetchText,
  greetingOf,
  greetingText,
  syncOf,
  syncText,
  wireObject,
} from "../../src/peers/nacre-codec.ts";
import { garbage, someDatum, someInstance, someValue, spoiled } from "./datum-copies.ts";

const key = datumKey("public", "g@@a");

/** A counter, and the function that counts. */
function startCount() {
  const dropped = { count: 0 };
  return { dropped, onDropped: () => void dropped.count++ };
}

function none(): never {
  throw new Error("nothing is to be dropped");
}

describe("messages of Nacre members", () => {
  it("are read as what was written: data and values", () => {
    const random = new SeededRandom(1);
    for (let round = 0; round < 500; round++) {
      const data = Array.from({ length: random.below(4) }, () => someDatum(random));
      const values = Array.from({ length: random.below(3) }, () => someValue(random));
      const relayTo = random.pick([[], ["10.0.0.1:8848", "[::1]:8848"]]);
      const message = { data, values, relayTo };
      expect(syncOf(syncText(message), none)).toEqual(message);
      const cursor = random.pick([undefined, "", "x"]);
      const answer: FetchAnswer = { data, values, cursor };
      expect(fetchAnswerOf(fetchAnswerText(answer), none)).toEqual(answer);
    }
  });

  it("are read as what was written: all else", () => {
    const beats = [{ key, silenceMs: 120, instanceKeys: ["1.1.1.1:80:unknown:DEFAULT"] }];
    const beatMessage = { beats, relayTo: ["10.0.0.1:8848"] };
    expect(beatsOf(beatsText(beatMessage), none)).toEqual(beatMessage);

    const root = "0123456789abcdef";
    const buckets = Array.from({ length: 256 }, (_, at) => at.toString(16).padStart(16, "0"));
    expect(digestOf(digestText({ root }))).toEqual({ root });
    expect(digestOf(digestText({ root, buckets }))).toEqual({ root, buckets });

    const keys = { outcome: "keys", buckets: new Map([[255, new Map([["a\n", root]])]]) } as const;
    for (const answer of [{ outcome: "agreed" }, { outcome: "differs" }, keys] as const) {
      expect(digestAnswerOf(digestAnswerText(answer), none)).toEqual(answer);
    }

    const requests = [{ keys: [key] }, { scope: "all", cursor: '"' }] as const;
    for (const request of requests) expect(fetchOf(fetchText(request), none)).toEqual(request);

    const greeting = { kind: "nacre", isReady: false } as const;
    expect(greetingOf(greetingText(greeting))).toEqual(greeting);
  });

  it("hold no more than one line when there is nothing to say", () => {
    expect(digestText({ root: "0123456789abcdef" }).length).toBeLessThan(50);
    expect(digestAnswerText({ outcome: "agreed" }).length).toBeLessThan(50);
  });

  it("take an age and not an instant, in whole milliseconds", () => {
    const beats = [{ key, silenceMs: 120.7, instanceKeys: [] }];
    expect(beatsOf(beatsText({ beats, relayTo: [] }), none).beats[0]?.silenceMs).toBe(121);
  });

  it("ignore what they do not know, and need a version", () => {
    expect(syncOf('{"wire":2,"d":[],"new":1}', none).data).toEqual([]);
    for (const text of ["{}", '{"wire":"1"}', '{"wire":0}', "null", "[]", "x", ""]) {
      expect(() => syncOf(text, none), text).toThrow(NacreError);
    }
  });

  it.each<[string, unknown]>([
    ["a name that is not allowed", ["public##g@@中", [], []]],
    ["no name", ["public", [], []]],
    ["no list", 5],
  ])("leave out a datum with %s", (_what, entry) => {
    const { dropped, onDropped } = startCount();
    const d = [entry, ["public##g@@a", [], []]];
    const { data } = syncOf(JSON.stringify({ wire: 1, d }), onDropped);
    expect(data).toEqual([{ key, instances: [], gone: [] }]);
    expect(dropped.count).toBe(1);
  });

  it.each(["", " ", "\u00a0"])("take the address %j, which a client may register", (ip) => {
    const d = [["public##g@@a", [["id", ip, 80, 1, 7, "DEFAULT", {}, "app", 5, 10]], []]];
    const { data } = syncOf(JSON.stringify({ wire: 1, d }), none);
    expect(data[0]?.instances.map(({ instance }) => instance.ip)).toEqual([ip]);
  });

  it.each<[string, number, unknown]>([
    ["instanceId", 0, 5],
    ["ip", 1, null],
    ["port", 2, 1.5],
    ["port", 2, 4_294_967_296],
    ["weight", 3, "much"],
    ["flags", 4, 16],
    ["flags", 4, -1],
    ["cluster", 5, "a_b"],
    ["metadata", 6, { a: 1 }],
    ["metadata", 6, ["a"]],
    ["app", 7, {}],
    ["version", 8, -1],
    ["version", 8, 2 ** 53],
    ["version", 8, 1.5],
    ["silence", 9, -1],
    ["silence", 9, "1"],
  ])("leave out only an instance whose %s (%i) is %j", (_what, at, value) => {
    const { dropped, onDropped } = startCount();
    const good = ["id", "1.1.1.1", 80, 1, 7, "DEFAULT", {}, "app", 5, 10];
    const bad: unknown[] = [...good];
    bad[at] = value;
    const d = [["public##g@@a", [bad, good], []]];
    const { data } = syncOf(JSON.stringify({ wire: 1, d }), onDropped);
    expect(data[0]?.instances.map(({ instance }) => instance.ip)).toEqual(["1.1.1.1"]);
    expect(dropped.count).toBe(1);
  });

  it("leave out only the beats, sums and keys that cannot be", () => {
    const { dropped, onDropped } = startCount();
    const beats = [
      ["public##g@@a", -1, ["x"]],
      ["public##g@@a", 0, ["x", 5]],
      ["x", 0, []],
    ];
    const message = beatsOf(JSON.stringify({ wire: 1, b: beats }), onDropped);
    expect(message.beats).toEqual([{ key, silenceMs: 0, instanceKeys: ["x"] }]);
    expect(dropped.count).toBe(3);

    const sum = "0123456789abcdef";
    const buckets = [
      [256, []],
      [0, ["a", "no sum", "b", sum]],
    ];
    const answer = JSON.stringify({ wire: 1, outcome: "keys", buckets });
    expect(digestAnswerOf(answer, onDropped)).toEqual({
      outcome: "keys",
      buckets: new Map([[0, new Map([["b", sum]])]]),
    });
    expect(dropped.count).toBe(5);
  });

  it("fail as a whole where there is nothing to leave out", () => {
    expect(() => digestOf('{"wire":1,"root":"x"}')).toThrow("root");
    expect(() => digestOf('{"wire":1,"root":"0123456789abcdef","buckets":"00"}')).toThrow(
      "buckets",
    );
    expect(() => digestAnswerOf('{"wire":1,"outcome":"x"}', none)).toThrow("outcome");
    expect(() => fetchOf('{"wire":1,"scope":"some","cursor":""}', none)).toThrow("scope");
    expect(() => fetchOf('{"wire":1,"scope":"all"}', none)).toThrow("cursor");
  });

  it("tell members of Java by what they lack", () => {
    const java = { kind: "java", isReady: true };
    for (const text of ["{}", "null", "[]", '"ok"', '{"kind":"other"}', '{"kind":"nacre"}']) {
      expect(greetingOf(text), text).toEqual(java);
    }
    expect(() => greetingOf("<html>")).toThrow(NacreError);
  });

  it("fail with nothing but an error of their own, whatever they are", () => {
    const random = new SeededRandom(3);
    const message = { data: [someDatum(random)], values: [someValue(random)], relayTo: ["a:1"] };
    const texts = [syncText(message), fetchAnswerText({ ...message, cursor: "x" }), emptyText];
    const readers = [
      (text: string) => syncOf(text, () => undefined),
      (text: string) => fetchAnswerOf(text, () => undefined),
      (text: string) => beatsOf(text, () => undefined),
      (text: string) => digestOf(text),
      (text: string) => digestAnswerOf(text, () => undefined),
      (text: string) => fetchOf(text, () => undefined),
      greetingOf,
      wireObject,
    ];
    for (let round = 0; round < 2_000; round++) {
      const made = { wire: 1, ...Object(garbage(random)) };
      const text = random.pick([JSON.stringify(made), spoiled(random, random.pick(texts))]);
      const failures = readers.map((read) => caught(() => read(text)));
      const strays = failures.filter(
        (error) => error !== undefined && !(error instanceof NacreError),
      );
      expect(strays, text).toEqual([]);
    }
  });

  it("cost little more than the JSON that they are", () => {
    const random = new SeededRandom(4);
    const data = Array.from({ length: 2_000 }, (_, at): DatumCopy => ({
      key: datumKey("public", `DEFAULT_GROUP@@service-${at}`),
      instances: Array.from({ length: 10 }, () => ({
        instance: someInstance(random),
        silenceMs: random.below(5_000),
      })),
      gone: [],
    }));
    const answer = { data, values: [], cursor: undefined };
    const text = fetchAnswerText(answer);
    const parseMs = leastMs(() => JSON.parse(text));
    const writeMs = leastMs(() => Buffer.from(fetchAnswerText(answer)));
    const readMs = leastMs(() => fetchAnswerOf(text, none));
    // Generous: the machine does other things as well. 100,000 instances parse in about 0.15 s.
    expect(writeMs).toBeLessThan(4 * parseMs);
    expect(readMs).toBeLessThan(4 * parseMs);
  });
});

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

// Of several times the shortest, in which nothing else came between.
function leastMs(run: () => unknown): number {
  const times = Array.from({ length: 7 }, () => {
    const startMs = performance.now();
    run();
    return performance.now() - startMs;
  });
  return Math.min(...times);
}
