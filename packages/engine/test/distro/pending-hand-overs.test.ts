import { type DatumKey, instanceKeyOf } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import {
  PendingHandOvers,
  type PendingHandOversOptions,
} from "../../src/distro/pending-hand-overs.ts";
import { refusingPeer, ScriptedTransport, unreachablePeer } from "../scripted-transport.ts";
import { MemberBoard, someKeys } from "./member-board.ts";
import { instanceAt, register, startData } from "./start-repair.ts";

// Inside of the protocol, which only hands calls on to them.

const j = "10.0.0.9:8848";
const [s0, s1] = someKeys(2) as readonly [DatumKey, DatumKey];
const [ip, otherIp] = ["10.1.0.1", "10.1.0.2"] as const;
const instanceKey = instanceKeyOf(instanceAt(ip));
const taken = (): Promise<void> => Promise.resolve();

/** Hand-overs of a member whose Java peer is responsible for everything, and suspicious. */
function startHandOvers(options: PendingHandOversOptions = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const transport = new ScriptedTransport();
  transport.answers.handOver = taken;
  const membership = new MemberBoard({ [j]: { kind: "java", state: "SUSPICIOUS" } });
  membership.responsible = j;
  const data = startData(clock);
  const handOvers = new PendingHandOvers({ logger, transport, data, membership }, options);
  /** Does what the job does, and lets the calls end. */
  const round = async (): Promise<void> => {
    handOvers.handOver();
    await clock.advance(0);
  };
  const handed = (): unknown =>
    transport.sent("handOver").map(({ peer, content: { kind, instance } }) => {
      return [peer, kind, instance.ip, instance.weight];
    });
  return { clock, data, handed, handOvers, logger, membership, round, transport };
}

describe("PendingHandOvers", () => {
  it("are dropped all at once, also those on their way", async () => {
    const { data, handed, handOvers, membership, round, transport } = startHandOvers();
    for (const each of [ip, otherIp]) {
      register(data, s0, each);
      handOvers.note(j, s0, instanceAt(each));
      handOvers.note(j, s1, instanceAt(each));
    }
    membership.set(j, { state: "UP" });
    transport.answers.handOver = () => {
      handOvers.clear();
      return taken();
    };
    await round();
    await round();
    expect(handed()).toHaveLength(1);
    expect([handOvers.size, handOvers.droppedCount]).toEqual([0, 4]);
    expect(handOvers.isKept(s0, instanceKey)).toBe(false);
  });

  it("wait until the peer is up, and then tell it the newest state, once", async () => {
    const { data, handed, handOvers, membership, round } = startHandOvers();
    register(data, s0, ip);
    handOvers.note(j, s0, instanceAt(ip));
    await round();
    expect([handed(), handOvers.isKept(s0, instanceKey)]).toEqual([[], true]);
    const [before] = data.get(s0)?.instances ?? [];
    const after = { ...instanceAt(ip), weight: 7 };
    data.put(s0, [{ before, after, cause: { kind: "updated", detail: "" } }]);
    handOvers.note(j, s0, after);
    membership.set(j, { state: "UP" });
    await round();
    await round();
    expect(handed()).toEqual([[j, "register", ip, 7]]);
    expect([handOvers.size, handOvers.isKept(s0, instanceKey)]).toEqual([0, false]);
    expect(handOvers.handedOverCount).toBe(1);
  });

  it("deregister what is gone here", async () => {
    const { handed, handOvers, membership, round } = startHandOvers();
    handOvers.note(j, s0, instanceAt(ip));
    membership.set(j, { state: "UP" });
    await round();
    expect(handed()).toEqual([[j, "deregister", ip, 1]]);
  });

  it("tell one after the other, and go on where a call failed", async () => {
    const { handed, handOvers, membership, round, transport } = startHandOvers();
    for (const of of [ip, otherIp]) handOvers.note(j, s0, instanceAt(of));
    membership.set(j, { state: "UP" });
    transport.answers.handOver = (peer) => Promise.reject(unreachablePeer(peer));
    await round();
    expect([handed(), handOvers.size]).toEqual([[[j, "deregister", ip, 1]], 2]);
    let answer = (): void => undefined;
    transport.answers.handOver = () => new Promise((resolve) => (answer = resolve));
    await round();
    await round();
    expect(transport.calls).toHaveLength(2);
    transport.answers.handOver = taken;
    answer();
    await round();
    expect([transport.calls.length, handOvers.size]).toEqual([3, 0]);
    expect(membership.noted).toEqual([`${j} failed`, `${j} answered`, `${j} answered`]);
  });

  it("keep what was written anew while it was told", async () => {
    const { clock, data, handed, handOvers, membership, round, transport } = startHandOvers();
    handOvers.note(j, s0, instanceAt(ip));
    membership.set(j, { state: "UP" });
    let answer = (): void => undefined;
    transport.answers.handOver = () => new Promise((resolve) => (answer = resolve));
    await round();
    register(data, s0, ip);
    handOvers.note(j, s0, instanceAt(ip));
    answer();
    await clock.advance(0);
    expect(handOvers.size).toBe(1);
    transport.answers.handOver = taken;
    await round();
    expect(handed()).toEqual([
      [j, "deregister", ip, 1],
      [j, "register", ip, 1],
    ]);
  });

  it("give up what the peer refuses again and again, and get the others through", async () => {
    const { handOvers, logger, membership, round, transport } = startHandOvers({ refusalsMax: 3 });
    for (const of of [ip, otherIp]) handOvers.note(j, s0, instanceAt(of));
    membership.set(j, { state: "UP" });
    transport.answers.handOver = (peer, { instance }) =>
      instance.ip === ip ? Promise.reject(refusingPeer(peer)) : taken();
    await round();
    expect([handOvers.size, handOvers.handedOverCount]).toEqual([1, 1]);
    await round();
    await round();
    expect([handOvers.size, handOvers.droppedCount]).toEqual([0, 1]);
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it.each([
    ["left", (membership: MemberBoard) => membership.remove(j)],
    ["is a Nacre member now", (membership: MemberBoard) => membership.set(j, { kind: "nacre" })],
    [
      "is not responsible any more",
      (membership: MemberBoard) => {
        membership.set(j, { state: "UP" });
        membership.responsible = membership.self;
      },
    ],
  ])("are dropped when the peer %s", async (_, happen) => {
    const { handOvers, membership, round, transport } = startHandOvers();
    for (const key of [s0, s1]) handOvers.note(j, key, instanceAt(ip));
    happen(membership);
    await round();
    expect([handOvers.size, handOvers.droppedCount, transport.calls]).toEqual([0, 2, []]);
    expect(handOvers.isKept(s0, instanceKey)).toBe(false);
  });

  it("are bounded", () => {
    const { handOvers } = startHandOvers({ pendingMax: 1 });
    handOvers.note(j, s0, instanceAt(ip));
    handOvers.note(j, s0, instanceAt(ip));
    handOvers.note(j, s0, instanceAt(otherIp));
    handOvers.note(j, s1, instanceAt(ip));
    expect([handOvers.size, handOvers.droppedCount]).toEqual([1, 2]);
  });

  it("tell nothing more after stop", async () => {
    const { clock, handOvers, membership, round, transport } = startHandOvers();
    for (const of of [ip, otherIp]) handOvers.note(j, s0, instanceAt(of));
    membership.set(j, { state: "UP" });
    let answer = (): void => undefined;
    transport.answers.handOver = () => new Promise((resolve) => (answer = resolve));
    await round();
    handOvers.stop();
    answer();
    await clock.advance(0);
    await round();
    expect(transport.calls).toHaveLength(1);
  });
});
