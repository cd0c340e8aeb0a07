import { type Datum, type DatumKey, datumKey } from "@nacre/core";
import { describe, expect, it } from "vitest";
// By file: it serves the parts of the package, not its users.
import type { DistroData } from "../../src/distro/distro-data.ts";
import { nextSuspicions, noSuspicions } from "../../src/distro/suspicions.ts";
import { refusingPeer } from "../scripted-transport.ts";
import { hold, startJava, sumsOf, theirs } from "./start-java.ts";
import { a, b, c, ipsUnder, javaCopy, keyOf, register } from "./start-repair.ts";

const key = datumKey("public", "DEFAULT_GROUP@@orders");
const datum: Datum = { key, instances: [] };

/** A round every 5 s; what is left out is as it was in the first. */
function round(
  before: typeof noSuspicions,
  { absent = [datum], view = "a,b", nowMs = 5_000 }: Partial<Round> = {},
) {
  return nextSuspicions({
    before,
    view,
    absent: new Map<DatumKey, Datum>(absent.map((one) => [one.key, one])),
    nowMs,
    confirmAfterMs: 4_000,
  });
}

interface Round {
  readonly absent: readonly Datum[];
  readonly view: string;
  readonly nowMs: number;
}

describe("nextSuspicions", () => {
  it("confirms in the second round in a row, and then begins anew", () => {
    const first = round(noSuspicions);
    expect(first.confirmed).toEqual([]);
    const second = round(first.suspicions, { nowMs: 10_000 });
    expect(second.confirmed).toEqual([key]);
    expect(round(second.suspicions, { nowMs: 15_000 }).confirmed).toEqual([]);
  });

  it.each<[string, Partial<Round>]>([
    ["the peer had it in between", { absent: [] }],
    ["it has changed here", { absent: [{ key, instances: [] }] }],
    ["other members count", { view: "a,c" }],
  ])("begins anew when %s", (_why, change) => {
    const first = round(noSuspicions);
    const second = round(first.suspicions, { ...change, nowMs: 10_000 });
    expect(second.confirmed).toEqual([]);
    const third = round(second.suspicions, { nowMs: 15_000 });
    expect(third.confirmed).toEqual([]);
  });

  it("does not take the same message, come twice, for two rounds", () => {
    const first = round(noSuspicions);
    const second = round(first.suspicions, { nowMs: 5_100 });
    expect(second.confirmed).toEqual([]);
    expect(round(second.suspicions, { nowMs: 10_000 }).confirmed).toEqual([key]);
  });
});

describe("JavaVerifier, of keys that are not named,", () => {
  it("asks for a key that is not named, and keeps it when the peer has it (11.3)", async () => {
    const { data, hear, queried } = await startJava();
    hold(data, theirs, "1.1.1.1");
    for (let at = 0; at < 3; at++) await hear(new Map(), javaCopy(theirs, "1.1.1.1"));
    expect(queried()).toEqual([[theirs], [theirs], [theirs]]);
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
  });

  it("empties it when the peer had nothing in two rounds in a row, not before", async () => {
    const { data, hear, verifier } = await startJava();
    hold(data, theirs, "1.1.1.1");
    await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
    await hear(new Map());
    expect(data.get(theirs)?.instances).toEqual([]);
    expect(verifier.removedCount).toBe(1);
  });

  it("begins to count anew when the peer has it in between", async () => {
    const { data, hear } = await startJava();
    hold(data, theirs, "1.1.1.1");
    await hear(new Map());
    await hear(sumsOf(data));
    await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
  });

  it("begins to count anew when a query fails", async () => {
    const { clock, data, hear, transport, verifier } = await startJava();
    hold(data, theirs, "1.1.1.1");
    await hear(new Map());
    transport.answers.queryData = (peer) => Promise.reject(refusingPeer(peer));
    verifier.onChecksums(b, new Map());
    await clock.advance(5_000);
    await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
  });

  it("keeps what was written here meanwhile", async () => {
    const { data, hear } = await startJava();
    hold(data, theirs, "1.1.1.1");
    await hear(new Map());
    register(data, theirs, "1.1.1.2");
    await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1", "1.1.1.2"]);
  });

  it("keeps what is written here while the peer is asked", async () => {
    const { clock, data, hear, transport, verifier } = await startJava();
    hold(data, theirs, "1.1.1.1");
    await hear(new Map());
    transport.answers.queryData = () => {
      register(data, theirs, "1.1.1.2");
      return Promise.resolve([]);
    };
    verifier.onChecksums(b, new Map());
    await clock.advance(0);
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1", "1.1.1.2"]);
  });

  it("keeps what beats here", async () => {
    const { data, hear } = await startJava();
    listen(data, () => 3_000);
    hold(data, theirs, "1.1.1.1");
    for (let at = 0; at < 3; at++) await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
  });

  it("keeps what the peer has not been told of yet", async () => {
    const { data, hear } = await startJava({ dataOptions: { isKept: () => true } });
    register(data, theirs, "1.1.1.1");
    for (let at = 0; at < 3; at++) await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
  });

  it("drops its suspicions when other members count, also when these count again", async () => {
    const { data, hear, membership, round } = await startJava();
    hold(data, theirs, "1.1.1.1");
    await hear(new Map());
    membership.setAddresses([a, b, c]);
    await round();
    membership.setAddresses([a, b]);
    await hear(new Map());
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.1"]);
  });

  it("leaves keys of other members alone", async () => {
    const { data, hear, queried } = await startJava({ peers: { [b]: "java", [c]: "java" } });
    register(data, keyOf(a, [a, b, c]), "1.1.1.1");
    hold(data, keyOf(c, [a, b, c]), "1.1.1.1");
    await hear(new Map());
    await hear(new Map());
    expect(queried()).toEqual([]);
  });
});

/** Lets beats be heard of everything, the last so long ago. */
function listen(data: DistroData, silenceMsOf: () => number): void {
  data.listen({
    mayTake: () => true,
    onPut: () => undefined,
    onRemove: () => undefined,
    onValue: () => undefined,
    onBeat: () => undefined,
    silenceMsOf,
    isAlive: () => true,
  });
}
