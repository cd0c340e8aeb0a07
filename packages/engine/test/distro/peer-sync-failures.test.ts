import type { Address } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { refusingPeer, unreachablePeer } from "../scripted-transport.ts";
import { someKeys } from "./member-board.ts";
import { register } from "./start-repair.ts";
import {
  b,
  c,
  j,
  java,
  keysIn,
  nacre,
  relays,
  s0,
  s1,
  startSync,
  syncs,
  taken,
} from "./start-sync.ts";

// Inside of the protocol; `DistroProtocol` shows the same through whole members.

describe("PeerSync, when a peer fails", () => {
  it("tries again after 1, 2, 4 s and so on up to a limit, and begins anew after a success", async () => {
    const { clock, data, logger, sync, transport } = startSync();
    const triedAtMs: number[] = [];
    transport.answers.sync = (peer) => {
      triedAtMs.push(clock.nowMs());
      return Promise.reject(unreachablePeer(peer));
    };
    register(data, s0, "10.1.0.1");
    sync.add(s0);
    await clock.advance(100_000);
    const gaps = triedAtMs.slice(1).map((atMs, at) => atMs - (triedAtMs[at] ?? 0));
    expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    const lines = logger.lines.filter(({ level }) => level === "warn");
    expect(lines).toHaveLength(1);
    transport.answers.sync = taken;
    await clock.advance(30_000);
    expect(sync.statusOf(b)).toMatchObject({ failuresInARow: 0, sentCount: 1, queuedCount: 0 });
    transport.answers.sync = (peer) => Promise.reject(unreachablePeer(peer));
    transport.calls.length = 0;
    sync.add(s0);
    await clock.advance(1_020);
    expect(transport.calls).toHaveLength(2);
  });

  it("does not let a fresh change wait for all of a long back-off", async () => {
    const { clock, data, sync, transport } = startSync();
    transport.answers.sync = (peer) => Promise.reject(unreachablePeer(peer));
    for (const key of [s0, s1]) register(data, key, "10.1.0.1");
    sync.add(s0);
    await clock.advance(20 + 1_000 + 2_000 + 4_000 + 1_000);
    expect(transport.calls).toHaveLength(4);
    transport.answers.sync = taken;
    sync.add(s1);
    await clock.advance(20);
    expect(syncs(transport).at(-1)).toEqual([b, s0, s1]);
  });

  it("is not made to try more often than every second by many changes", async () => {
    const { clock, data, sync, transport } = startSync();
    transport.answers.sync = (peer) => Promise.reject(refusingPeer(peer));
    register(data, s0, "10.1.0.1");
    for (let at = 0; at < 100; at++) {
      sync.add(s0);
      await clock.advance(100);
    }
    expect(transport.calls.length).toBeLessThanOrEqual(10);
  });

  it("finds the one datum that a peer refuses, and gets the others through", async () => {
    const { clock, data, sync, transport } = startSync();
    const [poison] = someKeys(1);
    const keys = someKeys(16);
    transport.answers.sync = (peer, message) =>
      keysIn(message).includes(poison ?? "") ? Promise.reject(refusingPeer(peer)) : taken();
    for (const key of keys) {
      register(data, key, "10.1.0.1");
      sync.add(key);
    }
    await clock.advance(30_000);
    expect(sync.statusOf(b)).toMatchObject({ sentCount: 15, queuedCount: 1 });
  });

  it("drops what is above its limits, and counts it", async () => {
    const { clock, data, sync, transport } = startSync({ [b]: nacre }, { keysMax: 2, tasksMax: 3 });
    transport.answers.sync = () => new Promise(() => undefined);
    const keys = someKeys(5);
    for (const key of keys) register(data, key, "10.1.0.1");
    for (const key of keys) sync.add(key);
    expect([sync.heldBackCount, sync.droppedCount]).toEqual([3, 2]);
    await clock.advance(20);
    expect([sync.queuedCount + syncs(transport).flat().length - 1, sync.droppedCount]).toEqual([
      2, 3,
    ]);
  });
});

describe("PeerSync, around a peer that it cannot reach", () => {
  function startFailing(failing: Address = b) {
    const started = startSync({ [b]: nacre, [c]: nacre, [j]: java });
    started.transport.answers.sync = (peer) =>
      peer === failing ? Promise.reject(unreachablePeer(peer)) : taken();
    register(started.data, s0, "10.1.0.1");
    register(started.data, s1, "10.1.0.1");
    return started;
  }

  it("asks one other to pass on what the peer did not get, and then all of what changes", async () => {
    const { clock, sync, transport } = startFailing();
    sync.add(s0);
    await clock.advance(20);
    expect(relays(transport)).toEqual([
      [b, []],
      [c, []],
    ]);
    await clock.advance(20);
    expect(transport.sent("sync").at(-1)).toMatchObject({
      peer: c,
      content: { data: [{ key: s0 }], relayTo: [b] },
    });
    sync.add(s1);
    await clock.advance(20);
    expect(relays(transport).at(-1)).toEqual([c, [b]]);
  });

  it("names it while it is down, but not when it said goodbye", async () => {
    const { clock, membership, sync, transport } = startFailing();
    sync.add(s0);
    await clock.advance(20);
    membership.set(b, { state: "DOWN", kind: "unknown" });
    sync.add(s1);
    await clock.advance(20);
    expect(relays(transport).at(-1)).toEqual([c, [b]]);
    membership.set(b, { isReady: false });
    sync.add(s1);
    await clock.advance(20);
    expect(relays(transport).at(-1)).toEqual([c, []]);
  });

  it("names nobody any more once it takes changes again", async () => {
    const { clock, sync, transport } = startFailing();
    sync.add(s0);
    await clock.advance(20);
    transport.answers.sync = taken;
    await clock.advance(1_000);
    sync.add(s1);
    await clock.advance(20);
    expect(relays(transport).slice(-3)).toEqual([
      [b, []],
      [b, []],
      [c, []],
    ]);
  });

  it("passes on for another member without naming anybody, to Nacre peers that it reaches", async () => {
    const { clock, membership, sync, transport } = startFailing();
    sync.add(s0);
    await clock.advance(40);
    transport.calls.length = 0;
    sync.relay(s1, [c, j, membership.self]);
    sync.add(s0, [c]);
    await clock.advance(20);
    expect(relays(transport)).toEqual([
      [c, []],
      [c, [b]],
    ]);
    membership.set(c, { state: "DOWN", kind: "unknown" });
    sync.relay(s1, [c]);
    expect(sync.heldBackCount).toBe(0);
    expect(
      transport.sent("putData").flatMap(({ content }) => content.map(({ key }) => key)),
    ).toEqual([]);
  });

  it("speaks for itself of what it passes on and has changed as well", async () => {
    const { clock, sync, transport } = startFailing();
    sync.add(s0);
    await clock.advance(40);
    transport.calls.length = 0;
    sync.relay(s1, [c]);
    sync.add(s1, [c]);
    sync.relay(s1, [c]);
    await clock.advance(20);
    expect(relays(transport)).toEqual([[c, [b]]]);
    let answer = (): void => undefined;
    transport.answers.sync = () => new Promise((resolve) => (answer = resolve));
    for (const add of [
      () => sync.add(s0, [c]),
      () => sync.add(s1, [c]),
      () => sync.relay(s1, [c]),
    ]) {
      add();
      await clock.advance(20);
    }
    transport.calls.length = 0;
    answer();
    await clock.advance(0);
    expect(relays(transport)).toEqual([[c, [b]]]);
  });
});
