import type { DatumCopy, DatumKey } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { ofNacre, reportOf } from "../membership/start-membership.ts";
import { ScriptedTransport } from "../scripted-transport.ts";
import { someKeys } from "./member-board.ts";
import { a, b, c, startMember } from "./start-cluster.ts";
import { instanceAt, keyOf } from "./start-repair.ts";

const [, s1] = someKeys(2) as readonly [DatumKey, DatumKey];

describe("DistroProtocol, beside a Java member", () => {
  /** A member at `a` that has loaded, with a Java peer at `b`. */
  async function startBesideJava() {
    const clock = new ManualClock();
    const transport = new ScriptedTransport();
    transport.answers.greet = () => Promise.resolve({ kind: "java", isReady: true });
    transport.answers.report = () => Promise.resolve({ code: 200, greeting: undefined });
    transport.answers.snapshot = () => Promise.resolve([]);
    transport.answers.putData = () => Promise.resolve();
    transport.answers.handOver = () => Promise.resolve();
    const member = startMember(a, transport, { clock, addresses: [a, b] });
    member.protocol.start();
    await clock.advance(100);
    await member.membership.greetAll();
    member.membership.onReport(reportOf(b, {}));
    transport.calls.length = 0;
    return { ...member, clock, transport, ours: keyOf(a, [a, b]), theirs: keyOf(b, [a, b]) };
  }

  function javaList(key: DatumKey, ...ips: readonly string[]): DatumCopy {
    const instances = ips.map((ip) => ({ instance: instanceAt(ip), silenceMs: 100 }));
    return { key, instances, gone: [] };
  }

  it("takes the list of the responsible peer for what stands", async () => {
    const { clock, ips, protocol, theirs, transport } = await startBesideJava();
    protocol.onPutData([javaList(theirs, "10.1.0.1", "10.1.0.2")]);
    expect(ips(theirs)).toEqual(["10.1.0.1", "10.1.0.2"]);
    protocol.onPutData([javaList(theirs, "10.1.0.2")]);
    expect(ips(theirs)).toEqual(["10.1.0.2"]);
    await clock.advance(1_000);
    expect(transport.sent("putData")).toEqual([]);
  });

  it("adds to its own lists what a peer knows, removes nothing, and tells the peer", async () => {
    const { clock, ips, ours, protocol, register, transport } = await startBesideJava();
    register(ours, "10.1.0.1");
    await clock.advance(100);
    transport.calls.length = 0;
    protocol.onPutData([javaList(ours, "10.1.0.2")]);
    expect(ips(ours)).toEqual(["10.1.0.1", "10.1.0.2"]);
    await clock.advance(100);
    const [sent] = transport.sent("putData");
    expect(sent?.content[0]?.instances).toHaveLength(2);
    transport.calls.length = 0;
    protocol.onPutData([javaList(ours, "10.1.0.1", "10.1.0.2")]);
    await clock.advance(100);
    expect(transport.sent("putData")).toEqual([]);
  });

  it("hands over what it decided in the place of the peer, and keeps it until then", async () => {
    const { clock, ips, protocol, register, deregister, theirs, transport } =
      await startBesideJava();
    protocol.onPutData([javaList(theirs, "10.1.0.1")]);
    register(theirs, "10.1.0.2");
    deregister(theirs, "10.1.0.1");
    protocol.onPutData([javaList(theirs, "10.1.0.1")]);
    expect(ips(theirs)).toEqual(["10.1.0.2"]);
    protocol.jobs.find(({ name }) => name === "hand-over")?.run();
    await clock.advance(100);
    const handed = transport.sent("handOver").map(({ content }) => {
      return [content.kind, content.instance.ip];
    });
    expect(handed).toEqual([
      ["register", "10.1.0.2"],
      ["deregister", "10.1.0.1"],
    ]);
    expect(protocol.handOvers.size).toBe(0);
    protocol.onPutData([javaList(theirs, "10.1.0.1")]);
    expect(ips(theirs)).toEqual(["10.1.0.1"]);
  });

  it("hands over nothing of its own, nor what is a Nacre peer's", async () => {
    const { membership, ours, protocol, register, theirs } = await startBesideJava();
    register(ours, "10.1.0.1");
    membership.onReport(reportOf(b, ofNacre));
    register(theirs, "10.1.0.1");
    expect(protocol.handOvers.size).toBe(0);
  });

  it("merges lists before it has loaded, and publishes none", async () => {
    const clock = new ManualClock();
    const transport = new ScriptedTransport();
    transport.answers.greet = () => Promise.resolve({ kind: "java", isReady: true });
    const started = startMember(a, transport, { clock, addresses: [a, b] });
    const { ips, membership, protocol, register } = started;
    await membership.greetAll();
    const ours = keyOf(a, [a, b]);
    protocol.onPutData([javaList(ours, "10.1.0.1")]);
    register(ours, "10.1.0.2");
    expect(ips(ours)).toEqual(["10.1.0.1", "10.1.0.2"]);
    protocol.sync.start();
    await clock.advance(1_000);
    expect(transport.sent("putData")).toEqual([]);
  });

  it("removes nothing for a peer of which it does not know that it is Java", () => {
    const transport = new ScriptedTransport();
    const started = { clock: new ManualClock(), addresses: [a, b] };
    const { ips, protocol } = startMember(a, transport, started);
    const theirs = keyOf(b, [a, b]);
    protocol.onSync(b, { data: [javaList(theirs, "10.1.0.1")], values: [], relayTo: [] });
    protocol.onPutData([javaList(theirs, "10.1.0.2")]);
    expect(ips(theirs)).toEqual(["10.1.0.1", "10.1.0.2"]);
  });

  it("tells nobody what another Nacre member is responsible for", async () => {
    const { clock, membership, protocol, register, transport } = await startBesideJava();
    transport.answers.sync = () => Promise.resolve();
    membership.setAddresses([a, b, c]);
    await clock.advance(100);
    membership.onReport(reportOf(c, ofNacre));
    const theirs = keyOf(c, [a, b, c]);
    register(theirs, "10.1.0.1");
    await clock.advance(100);
    transport.calls.length = 0;
    protocol.onPutData([javaList(theirs, "10.1.0.2")]);
    await clock.advance(100);
    expect(transport.calls.map(({ name }) => name)).toEqual([]);
  });

  it("answers a query with what it knows, and a snapshot with all of it", async () => {
    const { ours, protocol, register, deregister } = await startBesideJava();
    register(ours, "10.1.0.1");
    expect(protocol.onQuery([ours, s1]).map(({ key }) => key)).toEqual([ours]);
    deregister(ours, "10.1.0.1");
    expect([...protocol.onSnapshot()]).toMatchObject([{ key: ours, instances: [] }]);
    expect(protocol.onQuery([ours])).toMatchObject([{ key: ours, instances: [] }]);
  });

  it("tells of a change of health soon", async () => {
    const { clock, ours, protocol, register, standing, transport } = await startBesideJava();
    register(ours, "10.1.0.1");
    await clock.advance(100);
    const before = standing(ours, "10.1.0.1");
    if (before === undefined) throw new Error("no instance stands");
    const flips: DatumKey[] = [];
    protocol.statusExchange.noteFlip = (key) => void flips.push(key);
    const stopped = { kind: "beats stopped", detail: "" } as const;
    protocol.put(ours, [{ before, after: { ...before, healthy: false }, cause: stopped }]);
    await clock.advance(100);
    expect(flips).toEqual([ours]);
    expect(transport.sent("putData").at(-1)?.content[0]?.instances).toMatchObject([
      { instance: { healthy: false } },
    ]);
  });
});
