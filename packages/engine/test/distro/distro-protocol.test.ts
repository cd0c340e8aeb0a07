import { type DatumCopy, type DatumKey, instanceKeyOf } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { ScriptedTransport } from "../scripted-transport.ts";
import { someKeys } from "./member-board.ts";
import { a, b, c, startCluster, type StartedMember, startMember } from "./start-cluster.ts";

const [s0, s1] = someKeys(2) as readonly [DatumKey, DatumKey];

function everywhere(members: readonly StartedMember[], key: DatumKey): readonly string[] {
  return members.map(({ ips }) => ips(key).join(" "));
}

async function startThree() {
  const { clock, members, network } = await startCluster();
  const [atA, atB, atC] = members as [StartedMember, StartedMember, StartedMember];
  return { atA, atB, atC, clock, members, network };
}

describe("DistroProtocol, alone", () => {
  it("is a store with a listener, and calls nobody", async () => {
    const clock = new ManualClock();
    const transport = new ScriptedTransport();
    const { heard, ips, membership, protocol, register, deregister } = startMember(a, transport, {
      clock,
      isAlone: true,
      addresses: [a, b],
    });
    protocol.start();
    expect(membership.isReady).toBe(true);
    register(s0, "10.1.0.1");
    expect(ips(s0)).toEqual(["10.1.0.1"]);
    deregister(s0, "10.1.0.1");
    protocol.remove(s0);
    protocol.putValue("definition", "text");
    expect(heard).toEqual(["registered", "deregistered", "removed", "value text"]);
    for (const { run } of protocol.jobs) run();
    await clock.advance(60_000);
    await protocol.leave();
    protocol.stop();
    protocol.stop();
    expect(transport.calls).toEqual([]);
  });
});

describe("DistroProtocol, among Nacre members", () => {
  it("shows everywhere what is written anywhere, a moment later", async () => {
    const { atA, atB, clock, members } = await startThree();
    atA.register(s0, "10.1.0.1");
    atB.protocol.putValue("definition", "text");
    await clock.advance(25);
    expect(everywhere(members, s0)).toEqual(["10.1.0.1", "10.1.0.1", "10.1.0.1"]);
    for (const { protocol } of members) {
      expect(protocol.data.valueOf("definition")?.text).toBe("text");
    }
    expect(atB.heard).toContain("synced");
  });

  it("says each change once, and nothing more when all agree", async () => {
    const { atA, clock, network } = await startThree();
    atA.register(s0, "10.1.0.1");
    await clock.advance(60_000);
    expect(network.sent.map(([from, to]) => [from, to])).toEqual([
      [a, b],
      [a, c],
    ]);
  });

  it("loses nothing of what is written at two members at the same time", async () => {
    const { atA, atB, clock, members } = await startThree();
    atA.register(s0, "10.1.0.1", "10.1.0.2");
    atB.register(s0, "10.1.0.3");
    await clock.advance(100);
    const all = "10.1.0.1 10.1.0.2 10.1.0.3";
    expect(everywhere(members, s0)).toEqual([all, all, all]);
  });

  it("does not let an old copy bring back what was deregistered", async () => {
    const { atA, atB, atC, clock, members } = await startThree();
    atA.register(s0, "10.1.0.1");
    await clock.advance(100);
    const old = atC.protocol.data.copyOf(s0) as DatumCopy;
    atB.deregister(s0, "10.1.0.1");
    await clock.advance(100);
    atA.protocol.onSync(c, { data: [old], values: [], relayTo: [] });
    await clock.advance(100);
    expect(everywhere(members, s0)).toEqual(["", "", ""]);
  });

  it("tells a peer that sends an old copy what it lacks", async () => {
    const { atA, atB, clock, network } = await startThree();
    atA.register(s0, "10.1.0.1");
    await clock.advance(100);
    const old = atB.protocol.data.copyOf(s0) as DatumCopy;
    network.fault = (_, to) => (to === b ? "swallowed" : undefined);
    atA.deregister(s0, "10.1.0.1");
    atA.protocol.putValue("definition", "new");
    await clock.advance(100);
    network.fault = () => undefined;
    const message = { data: [old], values: [{ key: "definition", version: 1, text: "old" }] };
    atA.protocol.onSync(b, { ...message, relayTo: [] });
    await clock.advance(100);
    expect(atB.ips(s0)).toEqual([]);
    expect(atB.protocol.data.valueOf("definition")?.text).toBe("new");
  });

  it("tries again when a sync is lost", async () => {
    const { atA, atB, atC, clock, network } = await startThree();
    network.fault = (_, __, call) => (call === "sync" ? "lost" : undefined);
    atA.register(s0, "10.1.0.1");
    await clock.advance(100);
    expect([atB.ips(s0), atC.ips(s0)]).toEqual([[], []]);
    network.fault = () => undefined;
    await clock.advance(2_000);
    expect([atB.ips(s0), atC.ips(s0)]).toEqual([["10.1.0.1"], ["10.1.0.1"]]);
  });

  it("is not held up by a peer that hangs", async () => {
    const { atA, atC, clock, network } = await startThree();
    network.fault = (_, to) => (to === b ? "hangs" : undefined);
    for (let at = 1; at <= 3; at++) {
      atA.register(s0, `10.1.0.${at}`);
      await clock.advance(25);
      expect(atC.ips(s0)).toHaveLength(at);
    }
  });

  it("goes around a line that is cut, and names nobody on the way", async () => {
    const { atA, atB, clock, network } = await startThree();
    network.fault = (from, to) => (from === a && to === b ? "lost" : undefined);
    atA.register(s0, "10.1.0.1");
    await clock.advance(100);
    expect(atB.ips(s0)).toEqual(["10.1.0.1"]);
    atA.register(s1, "10.1.0.1");
    await clock.advance(50);
    expect(atB.ips(s1)).toEqual(["10.1.0.1"]);
    const relayed = network.sent.filter(([from]) => from === c);
    expect(relayed.map(([, to, { relayTo }]) => [to, relayTo])).toEqual([
      [b, []],
      [b, []],
    ]);
  });

  it("refutes a claim of silence at all members", async () => {
    const { atA, atB, clock, members } = await startThree();
    atA.register(s0, "10.1.0.1");
    await clock.advance(100);
    const instance = atB.standing(s0, "10.1.0.1");
    if (instance === undefined) throw new Error("no instance stands");
    atB.beating.set(instanceKeyOf(instance), clock.nowMs());
    const expired = { kind: "expired", detail: "no beat" } as const;
    atA.protocol.put(s0, [{ before: atA.standing(s0, "10.1.0.1"), cause: expired }]);
    await clock.advance(100);
    expect(everywhere(members, s0)).toEqual(["10.1.0.1", "10.1.0.1", "10.1.0.1"]);
    expect(atB.heard).toContain("still alive");
  });

  it("lets every member know of a beat", async () => {
    const { atA, atB, atC, clock } = await startThree();
    const beaten = { datumKey: s0, instanceKey: "i1", lastHeardMs: clock.nowMs(), isQueued: false };
    atA.protocol.noteBeat(beaten);
    const job = atA.protocol.jobs.find(({ name }) => name === "relay-beats");
    await clock.advance(1_000);
    job?.run();
    await clock.advance(0);
    const at = clock.nowMs() - 1_000;
    expect([atB.beating.get("i1"), atC.beating.get("i1")]).toEqual([at, at]);
  });

  it("mends by verifying what sync did not bring", async () => {
    const { atA, atB, clock, members, network } = await startThree();
    atB.protocol.sync.stop();
    atB.register(s0, "10.1.0.1");
    atB.protocol.putValue("definition", "text");
    await clock.advance(100);
    expect(everywhere(members, s0)).toEqual(["", "10.1.0.1", ""]);
    atA.protocol.jobs.find(({ name }) => name === "verify")?.run();
    await clock.advance(100);
    expect(everywhere(members, s0)).toEqual(["10.1.0.1", "10.1.0.1", ""]);
    expect(atA.protocol.data.valueOf("definition")?.text).toBe("text");
    expect(network.sent).toEqual([]);
  });

  it("loads what the others hold before it serves, and tells nothing before that", async () => {
    const { atA, clock, members, network } = await startThree();
    for (let at = 0; at < 5; at++) atA.register(someKeys(5)[at] ?? s0, `10.1.0.${at}`);
    await clock.advance(100);
    const [, old, others] = members;
    old?.protocol.stop();
    const again = startMember(b, network.transportOf(b), { clock, addresses: [a, b, c] });
    network.handlers.set(b, again.protocol);
    for (const ask of [
      () => again.protocol.onSnapshot(),
      () => again.protocol.onQuery([s0]),
      () => again.protocol.onDigest(a, { root: "" }),
      () => again.protocol.onFetch(a, { keys: [s0] }),
    ]) {
      expect(ask).toThrow("has not loaded yet");
    }
    again.register(s1, "10.1.9.9");
    again.protocol.start();
    await clock.advance(100);
    expect(again.membership.isReady).toBe(true);
    expect(someKeys(5).map((key) => again.ips(key))).toEqual([
      ["10.1.0.0"],
      ["10.1.0.1", "10.1.9.9"],
      ["10.1.0.2"],
      ["10.1.0.3"],
      ["10.1.0.4"],
    ]);
    expect(others?.ips(s1)).toEqual(["10.1.0.1", "10.1.9.9"]);
  });

  it("tells what is left to tell when it leaves, and then that it leaves", async () => {
    const { atA, atB, network } = await startThree();
    atA.register(s0, "10.1.0.1");
    atA.protocol.noteBeat({ datumKey: s0, instanceKey: "i1", lastHeardMs: 0, isQueued: false });
    await atA.protocol.leave();
    expect(atB.ips(s0)).toEqual(["10.1.0.1"]);
    expect(atB.beating.has("i1")).toBe(true);
    expect(atB.membership.member(a)).toMatchObject({ state: "DOWN", isReady: false });
    expect(network.sent).toHaveLength(2);
  });
});
