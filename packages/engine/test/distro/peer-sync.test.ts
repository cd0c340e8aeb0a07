import type { DatumKey } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { unreachablePeer } from "../scripted-transport.ts";
import { someKeys } from "./member-board.ts";
import { ipsUnder, register } from "./start-repair.ts";
import { b, c, d, j, java, nacre, s0, s1, s2, startSync, syncs, taken } from "./start-sync.ts";

// Inside of the protocol; `DistroProtocol` shows the same through whole members.

describe("PeerSync", () => {
  it("tells all peers of a change a moment later, once, as it stands then", async () => {
    const { clock, data, sync, transport } = startSync({ [b]: nacre, [c]: nacre });
    register(data, s0, "10.1.0.1");
    sync.add(s0);
    await clock.advance(15);
    register(data, s0, "10.1.0.2");
    sync.add(s0);
    await clock.advance(4);
    expect(transport.calls).toEqual([]);
    await clock.advance(1);
    expect(syncs(transport)).toEqual([
      [b, s0],
      [c, s0],
    ]);
    const [first] = transport.sent("sync");
    expect(first?.content.data[0]?.instances).toHaveLength(2);
    await clock.advance(60_000);
    expect(transport.calls).toHaveLength(2);
  });

  it("tells only those peers that are named, and never itself or a stranger", async () => {
    const { clock, data, membership, sync, transport } = startSync({ [b]: nacre, [c]: nacre });
    register(data, s0, "10.1.0.1");
    sync.add(s0, [c, membership.self, d]);
    await clock.advance(20);
    expect(syncs(transport)).toEqual([[c, s0]]);
  });

  it("lets what is due together leave together, and values too", async () => {
    const { clock, data, sync, transport } = startSync();
    data.putValue("definition", "text");
    for (const key of [s0, s1]) register(data, key, "10.1.0.1");
    for (const key of [s0, "definition", s1]) sync.add(key);
    await clock.advance(20);
    expect(syncs(transport)).toEqual([[b, s0, s1, "definition"]]);
  });

  it("has one request under way per peer, and then sends what is newest", async () => {
    const { clock, data, sync, transport } = startSync();
    let answer = (): void => undefined;
    transport.answers.sync = () => new Promise((resolve) => (answer = resolve));
    register(data, s0, "10.1.0.1");
    sync.add(s0);
    await clock.advance(20);
    for (const last of ["2", "3"]) {
      register(data, s0, `10.1.0.${last}`);
      sync.add(s0);
      await clock.advance(100);
    }
    expect(transport.calls).toHaveLength(1);
    expect(sync.statusOf(b)).toMatchObject({ queuedCount: 1, isInFlight: true });
    answer();
    await clock.advance(0);
    expect(transport.sent("sync")[1]?.content.data[0]?.instances).toHaveLength(3);
    answer();
    await clock.advance(60_000);
    expect(transport.calls).toHaveLength(2);
  });

  it("does not let a peer that hangs hold up another one", async () => {
    const { clock, data, sync, transport } = startSync({ [b]: nacre, [c]: nacre });
    transport.answers.sync = (peer) => (peer === b ? new Promise(() => undefined) : taken());
    for (const key of [s0, s1]) {
      register(data, key, "10.1.0.1");
      sync.add(key);
      await clock.advance(20);
    }
    expect(syncs(transport)).toEqual([
      [b, s0],
      [c, s0],
      [c, s1],
    ]);
  });

  it("bounds a request by keys and by instances; a datum above that travels alone", async () => {
    const limits = { batchMax: 2, instancesMax: 3 };
    const { clock, data, sync, transport } = startSync({ [b]: nacre }, limits);
    const [k0, k1, k2, k3, k4] = someKeys(5) as readonly DatumKey[];
    const sizes = new Map([
      [k0, 1],
      [k1, 1],
      [k2, 1],
      [k3, 5],
      [k4, 3],
    ]);
    for (const [key, size] of sizes) {
      if (key === undefined) continue;
      register(data, key, ...Array.from({ length: size }, (_, at) => `10.1.0.${at}`));
      sync.add(key);
    }
    await clock.advance(20);
    expect(syncs(transport)).toEqual([
      [b, k0, k1],
      [b, k2],
      [b, k3],
      [b, k4],
    ]);
  });

  it("forgets a key under which nothing is known", async () => {
    const { clock, sync, transport } = startSync();
    sync.add(s0);
    sync.add("definition");
    await clock.advance(60_000);
    expect([transport.calls, sync.queuedCount]).toEqual([[], 0]);
  });

  it("tells a Java peer of lists only, and of those that are ours only", async () => {
    const { clock, data, membership, sync, transport } = startSync({ [j]: java });
    data.putValue("definition", "text");
    register(data, s0, "10.1.0.1");
    for (const key of ["definition", s1, s0]) sync.add(key);
    await clock.advance(20);
    const [sent, ...more] = transport.sent("putData");
    expect([sent?.peer, sent?.content.map(({ key }) => key), more]).toEqual([j, [s0], []]);
    membership.responsible = j;
    sync.add(s0);
    sync.add("definition");
    await clock.advance(60_000);
    expect(transport.calls).toHaveLength(1);
  });

  it("tells of a list that is empty now", async () => {
    const { clock, data, sync, transport } = startSync({ [j]: java });
    register(data, s0, "10.1.0.1");
    const [before] = data.get(s0)?.instances ?? [];
    data.put(s0, [{ before, cause: { kind: "deregistered", detail: "" } }]);
    sync.add(s0);
    await clock.advance(20);
    expect(transport.sent("putData")[0]?.content).toMatchObject([{ key: s0, instances: [] }]);
  });

  it("waits for a peer to say who it is", async () => {
    const { clock, data, membership, sync, transport } = startSync({ [b]: {} });
    register(data, s0, "10.1.0.1");
    sync.add(s0);
    await clock.advance(10_000);
    expect(transport.calls).toEqual([]);
    membership.set(b, nacre);
    await clock.advance(1_000);
    expect(syncs(transport)).toEqual([[b, s0]]);
  });

  it("sends nothing to a Java peer that is down, and what waits as soon as it is up", async () => {
    const { clock, data, membership, sync, transport } = startSync({ [j]: java });
    membership.set(j, { state: "DOWN" });
    for (const key of [s0, s1]) {
      register(data, key, "10.1.0.1");
      sync.add(key);
      await clock.advance(60_000);
    }
    expect(transport.calls).toEqual([]);
    membership.set(j, { state: "UP" });
    sync.regardMembers();
    await clock.advance(0);
    expect(transport.sent("putData").map(({ content }) => content.length)).toEqual([2]);
  });

  it("tells a Nacre peer that starts as soon as it has said who it is, though it is down", async () => {
    const { clock, data, membership, sync, transport } = startSync();
    membership.set(b, { state: "DOWN", kind: "unknown" });
    register(data, s0, "10.1.0.1");
    sync.add(s0);
    await clock.advance(60_000);
    expect(transport.calls).toEqual([]);
    membership.set(b, { kind: "nacre", isReady: false });
    sync.regardMembers();
    await clock.advance(0);
    expect(syncs(transport)).toEqual([[b, s0]]);
  });

  it("forgets a peer that left", async () => {
    const { clock, data, membership, sync, transport } = startSync();
    transport.answers.sync = (peer) => Promise.reject(unreachablePeer(peer));
    for (const key of [s0, s1]) register(data, key, "10.1.0.1");
    sync.add(s0);
    await clock.advance(20);
    sync.add(s1);
    membership.remove(b);
    sync.regardMembers();
    await clock.advance(60_000);
    expect(transport.calls).toHaveLength(1);
    expect([sync.queuedCount, sync.heldBackCount]).toEqual([0, 0]);
  });

  it("counts, for the operator", async () => {
    const { clock, data, membership, sync, transport } = startSync();
    for (const key of [s0, s1]) register(data, key, "10.1.0.1");
    for (const key of [s0, s1]) sync.add(key);
    await clock.advance(20);
    const sent = { lastSyncedMs: 20, requestCount: 1, sentCount: 2, failuresInARow: 0 };
    expect(sync.statusOf(b)).toMatchObject(sent);
    transport.answers.sync = (peer) => Promise.reject(unreachablePeer(peer));
    sync.add(s0);
    await clock.advance(20);
    const failed = { ...sent, failuresInARow: 1, failedCount: 1, queuedCount: 1 };
    expect(sync.statusOf(b)).toMatchObject(failed);
    expect([sync.sentCount, sync.requestCount, sync.failedCount]).toEqual([2, 1, 1]);
    expect(membership.noted).toEqual([`${b} answered`, `${b} failed`]);
    expect(sync.statusOf(c)).toMatchObject({ sentCount: 0, lastSyncedMs: undefined });
  });
});

describe("PeerSync, on its way out", () => {
  it("sends nothing after stop, and keeps what waits", async () => {
    const { clock, data, sync, transport } = startSync();
    for (const key of [s0, s1]) register(data, key, "10.1.0.1");
    let answer = (): void => undefined;
    transport.answers.sync = () => new Promise((resolve) => (answer = resolve));
    sync.add(s0);
    await clock.advance(20);
    sync.add(s1);
    await clock.advance(20);
    sync.add(s0);
    sync.stop();
    sync.stop();
    answer();
    await clock.advance(60_000);
    expect(syncs(transport)).toEqual([[b, s0]]);
    sync.start();
    await clock.advance(20);
    expect(syncs(transport).at(-1)).toEqual([b, s1]);
  });

  it("flushes what waits, due or not, each peer until one request fails", async () => {
    const { clock, data, sync, transport } = startSync({ [b]: nacre, [c]: nacre }, { batchMax: 1 });
    transport.answers.sync = (peer) => (peer === b ? Promise.reject(unreachablePeer(b)) : taken());
    for (const key of [s0, s1, s2]) {
      register(data, key, "10.1.0.1");
      sync.add(key);
    }
    sync.stop();
    await sync.flush();
    expect(syncs(transport).filter(([peer]) => peer === b)).toEqual([[b, s0]]);
    expect(syncs(transport).filter(([peer]) => peer === c)).toEqual([
      [c, s0],
      [c, s1],
      [c, s2],
    ]);
    await clock.advance(60_000);
    expect(transport.calls).toHaveLength(4);
    expect(ipsUnder(data, s0)).toEqual(["10.1.0.1"]);
  });

  it("flushes after what is under way, and does not wait for a peer that is down", async () => {
    const { clock, data, membership, sync, transport } = startSync({ [b]: nacre, [c]: nacre });
    let answer = (): void => undefined;
    transport.answers.sync = () => new Promise((resolve) => (answer = resolve));
    membership.set(c, { state: "DOWN", kind: "unknown" });
    for (const key of [s0, s1]) register(data, key, "10.1.0.1");
    sync.add(s0);
    await clock.advance(20);
    sync.add(s1);
    sync.stop();
    let isFlushed = false;
    const flushed = sync.flush().then(() => (isFlushed = true));
    transport.answers.sync = taken;
    await clock.advance(1_000);
    expect(isFlushed).toBe(false);
    answer();
    await flushed;
    expect(syncs(transport)).toEqual([
      [b, s0],
      [b, s1],
    ]);
  });
});
