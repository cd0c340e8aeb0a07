import { type Checksums, datumKey, parseDatumKey } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { unreachablePeer } from "../scripted-transport.ts";
import { hold, ours, startJava, theirs, two } from "./start-java.ts";
import { a, b, c, ipsUnder, javaCopy, keyOf, keysOf, register } from "./start-repair.ts";

const EMPTY_LIST = "d41d8cd98f00b204e9800998ecf8427e";

describe("JavaVerifier, telling,", () => {
  it("tells every Java peer the sums of all that this member is responsible for", async () => {
    const { data, round, told } = await startJava({ peers: { [b]: "java", [c]: "nacre" } });
    const [key = ours] = keysOf(a, [a, b, c]);
    register(data, key, "1.1.1.1");
    hold(data, keyOf(b, [a, b, c]), "1.1.1.1");
    await round();
    const checksums = new Map([[key, "7631f88e79d10bf2abf1da0b81748118"]]);
    expect(told()).toEqual([{ peer: b, content: checksums }]);
  });

  it("tells that there is nothing, or a peer would never drop the last keys (11.2)", async () => {
    const { round, told } = await startJava();
    await round();
    expect(told()).toEqual([{ peer: b, content: new Map() }]);
  });

  it("names a datum without instances, as long as it exists", async () => {
    const { data, round, told } = await startJava();
    register(data, ours, "1.1.1.1");
    const [before] = data.get(ours)?.instances ?? [];
    data.put(ours, [{ before, cause: { kind: "deregistered", detail: "" } }]);
    await round();
    expect(told()).toEqual([{ peer: b, content: new Map([[ours, EMPTY_LIST]]) }]);
  });

  it("leaves out a datum that cannot be summed, and no other", async () => {
    const { data, dependencies, round, told } = await startJava();
    const [first = ours, second = ours] = keysOf(a, two, 2);
    register(data, first, "1.1.1.1");
    register(data, second, "1.1.1.1");
    dependencies.data.checksumOf = (key) => {
      if (key === first) throw new TypeError("no sum");
      return EMPTY_LIST;
    };
    await round();
    expect([...(told()[0]?.content ?? new Map()).keys()]).toEqual([second]);
  });

  it("tells nothing before this member has loaded (11.3)", async () => {
    const { round, transport } = await startJava({ isReady: false });
    await round();
    await round();
    expect(transport.calls).toEqual([]);
  });

  it("tells nothing when this member leaves and is responsible for nothing any more", async () => {
    const { data, membership, round, told } = await startJava();
    register(data, ours, "1.1.1.1");
    void membership.leave();
    await round();
    await round();
    expect(told()).toEqual([]);
  });

  it("waits until all peers can have seen that other members count (11.4)", async () => {
    const { membership, round, told } = await startJava({ peers: { [b]: "java", [c]: "java" } });
    membership.noteFailure(c, unreachablePeer(c, "ECONNREFUSED"));
    await round();
    expect(told()).toEqual([]);
    await round();
    expect(told().map(({ peer }) => peer)).toEqual([b]);
  });

  it("does not wait for ever when a peer comes and goes each round", async () => {
    const { data, membership, round, told } = await startJava(
      { peers: { [b]: "java", [c]: "nacre" } },
      // The first of them was at the start.
      { unsettledRoundsMax: 4 },
    );
    register(data, keyOf(a, [a, b, c]), "1.1.1.1");
    const flap = async (at: number): Promise<void> => {
      membership.setAddresses(at % 2 === 0 ? [a, b] : [a, b, c]);
      await round();
    };
    for (let at = 0; at < 3; at++) await flap(at);
    expect(told()).toEqual([]);
    await flap(3);
    expect(told().map(({ peer }) => peer)).toEqual([b]);
  });

  it("leaves a peer alone that has not answered, since an old map lacks the newest keys", async () => {
    const { clock, data, round, told, transport, verifier } = await startJava();
    let answer = (): void => {};
    transport.answers.putChecksums = () => new Promise((resolve) => void (answer = resolve));
    await round();
    await round();
    register(data, ours, "1.1.1.1");
    answer();
    await clock.advance(0);
    expect(told().map(({ content }) => content.size)).toEqual([0]);
    expect(verifier.skippedCount).toBe(1);
  });
});

describe("JavaVerifier, hearing,", () => {
  it("returns at once, and asks for what differs or is unknown behind the answer", async () => {
    const { clock, data, queried, transport, verifier } = await startJava();
    const [known = theirs, unknown = theirs, same = theirs] = keysOf(b, two, 3);
    hold(data, known, "1.1.1.1");
    hold(data, same, "1.1.1.1");
    transport.answers.queryData = () =>
      Promise.resolve([javaCopy(known, "1.1.1.2"), javaCopy(unknown, "1.1.1.3")]);
    const sum = data.checksumOf(same);
    verifier.onChecksums(
      b,
      new Map([
        [known, "another"],
        [unknown, "another"],
        [same, sum],
      ]),
    );
    expect(queried()).toEqual([]);
    await clock.advance(0);
    expect(queried()).toEqual([[known, unknown]]);
    expect(ipsUnder(data, known)).toEqual(["1.1.1.2"]);
    expect(ipsUnder(data, unknown)).toEqual(["1.1.1.3"]);
  });

  it("skips a key of this member, and looks at the others (11.4)", async () => {
    const { data, hear, queried } = await startJava();
    register(data, ours, "1.1.1.1");
    const checksums = new Map([
      [ours, "another"],
      [theirs, "another"],
    ]);
    await hear(checksums, javaCopy(theirs, "1.1.1.2"), javaCopy(ours, "6.6.6.6"));
    expect(queried()).toEqual([[theirs]]);
    expect(ipsUnder(data, ours)).toEqual(["1.1.1.1"]);
    expect(ipsUnder(data, theirs)).toEqual(["1.1.1.2"]);
  });

  it("skips a key of a third member, who alone tells of it", async () => {
    const { hear, queried } = await startJava({ peers: { [b]: "java", [c]: "java" } });
    const third = keyOf(c, [a, b, c]);
    await hear(new Map([[third, "another"]]));
    expect(queried()).toEqual([]);
  });

  it("skips bad keys and bad sums, and no others", async () => {
    const { hear, queried } = await startJava();
    const bad = new Map<unknown, unknown>([
      ["com.alibaba.nacos.naming.iplist.ephemeral.public", "another"],
      ["nonsense", "another"],
      [datumKey("", parseDatumKey(theirs).groupedServiceName), "another"],
      [keysOf(b, two, 2)[1], null],
      [theirs, "another"],
    ]);
    await hear(bad as unknown as Checksums);
    expect(queried()).toEqual([[theirs]]);
  });

  it("does not ask for a list without instances that is unknown here", async () => {
    const { hear, queried } = await startJava();
    await hear(new Map([[theirs, EMPTY_LIST]]));
    expect(queried()).toEqual([]);
  });

  it("does not miss a datum without instances that is not named", async () => {
    const { data, hear, queried } = await startJava();
    hold(data, theirs, "1.1.1.1");
    hold(data, theirs);
    await hear(new Map());
    expect(queried()).toEqual([]);
  });

  it("asks for so many keys at most in one query, one query after the other", async () => {
    const { hear, queried } = await startJava({}, { queryKeysMax: 2 });
    await hear(new Map(keysOf(b, two, 5).map((key) => [key, "another"])));
    expect(queried().map((keys) => keys.length)).toEqual([2, 2, 1]);
  });

  it("takes of an answer only what it asked for", async () => {
    const { clock, data, transport, verifier } = await startJava();
    const [asked = theirs, other = theirs] = keysOf(b, two, 2);
    hold(data, other, "1.1.1.1");
    const sums = new Map([
      [asked, "another"],
      [other, data.checksumOf(other)],
    ]);
    transport.answers.queryData = () => Promise.resolve([javaCopy(other, "6.6.6.6")]);
    verifier.onChecksums(b, sums);
    await clock.advance(0);
    expect(ipsUnder(data, other)).toEqual(["1.1.1.1"]);
  });

  it("looks at the newest of the maps that came while it was busy (11.5)", async () => {
    const { clock, data, queried, transport, verifier } = await startJava();
    const answers: (() => void)[] = [];
    transport.answers.queryData = (_, keys) =>
      new Promise((resolve) => {
        answers.push(() => resolve(keys.map((key) => javaCopy(key, "1.1.1.1"))));
      });
    const [first = theirs, lost = theirs, newest = theirs] = keysOf(b, two, 3);
    for (const key of [first, lost, newest]) {
      verifier.onChecksums(b, new Map([[key, "another"]]));
      await clock.advance(0);
    }
    expect(queried()).toEqual([[first]]);
    answers[0]?.();
    await clock.advance(0);
    // The map that is newest now does not name the key just taken: that is a suspicion.
    expect(queried()[1]).toEqual([newest, first]);
    expect(verifier.replacedCount).toBe(1);
    expect(ipsUnder(data, first)).toEqual(["1.1.1.1"]);
  });

  it("takes nothing that became this member's while the answer was on its way", async () => {
    const { clock, data, membership, transport, verifier } = await startJava();
    transport.answers.queryData = (_, keys) => {
      membership.onLeaving(b);
      return Promise.resolve(keys.map((key) => javaCopy(key, "1.1.1.1")));
    };
    verifier.onChecksums(b, new Map([[theirs, "another"]]));
    await clock.advance(0);
    expect(ipsUnder(data, theirs)).toEqual([]);
  });

  it("says that a peer disagrees when a key differs for long", async () => {
    const { hear, said, verifier } = await startJava();
    for (let at = 0; at < 3; at++) await hear(new Map([[theirs, "another"]]));
    expect(said("warn")).toEqual([["a peer disagrees", b]]);
    expect(verifier.statusOf(b)).toMatchObject({ differingCount: 1, sample: [theirs] });
  });

  it("asks nobody before this member has loaded, nor after a stop", async () => {
    const starting = await startJava({ isReady: false });
    await starting.hear(new Map([[theirs, "another"]]));
    expect(starting.queried()).toEqual([]);
    const stopped = await startJava();
    stopped.verifier.stop();
    await stopped.hear(new Map([[theirs, "another"]]));
    expect(stopped.queried()).toEqual([]);
  });
});
