import type { Address, Beaten, BeatMessage, DatumKey, Member } from "@nacre/core";
import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { BeatRelay, type BeatRelayOptions } from "../../src/distro/beat-relay.ts";
import { ScriptedTransport, unreachablePeer } from "../scripted-transport.ts";
import { MemberBoard, someKeys } from "./member-board.ts";

// Inside of the protocol, which only hands calls on to it.

const [b, c, j] = ["10.0.0.2:8848", "10.0.0.3:8848", "10.0.0.9:8848"] as const;
const [s0, s1] = someKeys(2) as readonly [DatumKey, DatumKey];
const nacre = { kind: "nacre" } as const;
const taken = (): Promise<void> => Promise.resolve();

type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** The relay of a member whose lived time is its clock's, until a test says that it stood still. */
function startRelay(
  peers: Readonly<Record<Address, Partial<Member>>> = { [b]: nacre },
  options: BeatRelayOptions = {},
) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const transport = new ScriptedTransport();
  transport.answers.beats = taken;
  const membership = new MemberBoard(peers);
  const paused = { forMs: 0 };
  const livedNowMs = (): number => clock.nowMs() - paused.forMs + 1_000_000;
  const heard: unknown[] = [];
  const relay = new BeatRelay(
    {
      clock,
      logger,
      transport,
      membership,
      livedNowMs,
      onBeat: (...beat) => heard.push(beat),
    },
    options,
  );
  relay.regardMembers();
  relay.flush();
  const beat = (instanceKey: string, datumKey: DatumKey = s0): Writable<Beaten> => {
    const beaten = { datumKey, instanceKey, lastHeardMs: livedNowMs(), isQueued: false };
    relay.note(beaten);
    return beaten;
  };
  /** Lets a second pass, and does what the job does. */
  const round = async (): Promise<void> => {
    await clock.advance(1_000);
    relay.flush();
    await clock.advance(0);
  };
  return { beat, clock, heard, membership, paused, relay, round, transport, logger };
}

function told(transport: ScriptedTransport, to: Address = b) {
  return transport
    .sent("beats")
    .filter(({ peer }) => peer === to)
    .map(({ content }) => content.beats.map(({ instanceKeys }) => instanceKeys.join()).join("; "));
}

function silences(transport: ScriptedTransport) {
  return transport.sent("beats").flatMap(({ content }) => content.beats.map((of) => of.silenceMs));
}

function messageWith(relayTo: readonly Address[], silenceMs = 300): BeatMessage {
  return { beats: [{ key: s0, instanceKeys: ["i1", "i2"], silenceMs }], relayTo };
}

describe("BeatRelay", () => {
  it("tells Nacre peers once a round which instances beat, by service and once each", async () => {
    const { beat, relay, round, transport } = startRelay({ [b]: nacre, [c]: nacre, [j]: {} });
    const first = beat("i1");
    beat("i2", s1);
    beat("i3");
    relay.note(first);
    expect(relay.queuedCount).toBe(3);
    await round();
    expect([told(transport), told(transport, c)]).toEqual([["i1,i3; i2"], ["i1,i3; i2"]]);
    expect(transport.calls).toHaveLength(2);
    const [one, other] = transport.sent("beats");
    expect(one?.content).toBe(other?.content);
    relay.note(first);
    await round();
    expect(told(transport)).toEqual(["i1,i3; i2", "i1"]);
    await round();
    expect(transport.calls).toHaveLength(4);
  });

  it("tells the age of the oldest beat of a service", async () => {
    const { beat, clock, round, transport } = startRelay();
    const first = beat("i1");
    beat("i2");
    await clock.advance(400);
    first.lastHeardMs += 400;
    beat("i3", s1);
    await round();
    expect(silences(transport)).toEqual([1_400, 1_000]);
  });

  it("counts time in which the process stood still", async () => {
    const { beat, clock, paused, round, transport } = startRelay();
    beat("i1");
    clock.stall(20_000);
    paused.forMs = 20_000;
    await round();
    expect(told(transport)).toEqual([]);
    beat("i1");
    await round();
    expect(silences(transport)).toEqual([1_000]);
  });

  it("notes nothing while there is no Nacre peer", async () => {
    const { beat, membership, relay, round, transport } = startRelay({ [j]: { kind: "java" } });
    expect(beat("i1").isQueued).toBe(false);
    await round();
    expect([relay.queuedCount, transport.calls]).toEqual([0, []]);
    membership.set(b, nacre);
    relay.regardMembers();
    expect(beat("i1").isQueued).toBe(true);
  });

  it("bounds a message, and what waits", async () => {
    const { beat, relay, round, transport } = startRelay(
      { [b]: nacre },
      {
        beatsMax: 2,
        queuedMax: 3,
      },
    );
    const beats = ["i1", "i2", "i3", "i4"].map((instanceKey) => beat(instanceKey));
    expect(beats.map(({ isQueued }) => isQueued)).toEqual([true, true, true, false]);
    await round();
    expect(told(transport)).toEqual(["i1,i2", "i3"]);
    expect([relay.droppedCount, relay.notedCount]).toEqual([1, 3]);
  });

  it("tells nothing to a peer that is down", async () => {
    const { beat, membership, round, transport } = startRelay({ [b]: nacre, [c]: nacre });
    membership.set(b, { state: "DOWN", kind: "unknown" });
    beat("i1");
    await round();
    expect(told(transport)).toEqual([]);
    membership.set(b, { state: "UP", kind: "nacre" });
    await round();
    expect([told(transport), told(transport, c)]).toEqual([[], ["i1"]]);
  });

  it("tells what failed once more, with the age it has then, and then drops it", async () => {
    const { beat, logger, membership, relay, round, transport } = startRelay();
    transport.answers.beats = (peer) => Promise.reject(unreachablePeer(peer));
    beat("i1");
    await round();
    beat("i2");
    await round();
    await round();
    expect(told(transport)).toEqual(["i1", "i1", "i2"]);
    expect(silences(transport)).toEqual([1_000, 2_000, 2_000]);
    expect(relay.droppedCount).toBe(1);
    transport.answers.beats = taken;
    await round();
    expect(told(transport)).toEqual(["i1", "i1", "i2", "i2"]);
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(membership.noted.slice(-2)).toEqual([`${b} failed`, `${b} answered`]);
  });

  it("does not let a peer that hangs hold up others, and drops what grows old meanwhile", async () => {
    const { beat, relay, round, transport } = startRelay({ [b]: nacre, [c]: nacre });
    let answer = (): void => undefined;
    transport.answers.beats = (peer) =>
      peer === c ? taken() : new Promise((resolve) => (answer = resolve));
    for (let at = 0; at < 12; at++) {
      beat(`i${at}`);
      await round();
    }
    expect(told(transport, c)).toHaveLength(12);
    expect(told(transport)).toEqual(["i0"]);
    transport.answers.beats = taken;
    answer();
    await round();
    const late = Array.from({ length: 10 }, (_, at) => `i${at + 2}`);
    expect(told(transport).slice(1)).toEqual(late);
    expect(relay.droppedCount).toBe(1);
  });

  it("bounds how many messages wait for a peer", async () => {
    const { beat, relay, round, transport } = startRelay({ [b]: nacre }, { messagesMax: 2 });
    transport.answers.beats = () => new Promise(() => undefined);
    for (let at = 0; at < 5; at++) {
      beat(`i${at}`);
      await round();
    }
    expect(relay.droppedCount).toBe(2);
  });

  it("asks others to tell a peer that failed, is slow or is down, and not one that left", async () => {
    const { beat, membership, round, transport } = startRelay({ [b]: nacre, [c]: nacre });
    const relayTo = (): unknown => {
      const toC = transport.sent("beats").filter(({ peer }) => peer === c);
      return toC.at(-1)?.content.relayTo;
    };
    transport.answers.beats = (peer) =>
      peer === c ? taken() : Promise.reject(unreachablePeer(peer));
    beat("i1");
    await round();
    expect(relayTo()).toEqual([]);
    beat("i1");
    await round();
    expect(relayTo()).toEqual([b]);
    membership.set(b, { state: "DOWN", kind: "unknown" });
    beat("i1");
    await round();
    expect(relayTo()).toEqual([b]);
    membership.set(b, { isReady: false });
    beat("i1");
    await round();
    expect(relayTo()).toEqual([]);
    membership.set(b, { state: "UP", isReady: true, kind: "nacre" });
    transport.answers.beats = taken;
    beat("i1");
    await round();
    transport.answers.beats = (peer) => (peer === c ? taken() : new Promise(() => undefined));
    beat("i1");
    await round();
    expect(relayTo()).toEqual([]);
    beat("i1");
    await round();
    expect(relayTo()).toEqual([b]);
  });

  it("tells the listener of what peers heard", () => {
    const { heard, relay, transport } = startRelay({ [b]: nacre, [c]: nacre });
    relay.onBeats(b, messageWith([]));
    expect(heard).toEqual([
      [s0, "i1", 300],
      [s0, "i2", 300],
    ]);
    expect([relay.heardCount, transport.calls]).toEqual([2, []]);
  });

  it("passes on what a peer asks it to, without naming anybody", async () => {
    const { clock, membership, relay, transport } = startRelay({ [b]: nacre, [c]: nacre });
    relay.onBeats(b, messageWith([c, b, j, membership.self]));
    await clock.advance(0);
    expect(transport.sent("beats")).toEqual([
      { peer: c, content: { ...messageWith([]), relayTo: [] } },
    ]);
    membership.set(c, { state: "DOWN", kind: "unknown" });
    relay.onBeats(b, messageWith([c]));
    await clock.advance(0);
    expect(transport.calls).toHaveLength(1);
  });

  it("forgets a peer that left", async () => {
    const { beat, membership, relay, round, transport } = startRelay({ [b]: nacre, [c]: nacre });
    transport.answers.beats = (peer) => Promise.reject(unreachablePeer(peer));
    beat("i1");
    await round();
    membership.remove(b);
    relay.regardMembers();
    transport.answers.beats = taken;
    await round();
    expect([told(transport), told(transport, c)]).toEqual([["i1"], ["i1", "i1"]]);
  });

  it("resolves a drain when all have heard or failed", async () => {
    const { beat, relay, transport } = startRelay({ [b]: nacre, [c]: nacre });
    transport.answers.beats = (peer) =>
      peer === c ? taken() : Promise.reject(unreachablePeer(peer));
    beat("i1");
    await relay.drain();
    expect([told(transport), told(transport, c)]).toEqual([["i1"], ["i1"]]);
  });
});
