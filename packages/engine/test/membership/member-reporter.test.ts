import type { ReportAnswer } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { refusingPeer, unreachablePeer } from "../scripted-transport.ts";
import {
  a,
  answered,
  b,
  c,
  ofNacre,
  reportOf,
  startMembership,
  startReady,
} from "./start-membership.ts";

// Through Membership, which is what is exported.

describe("MemberReporter, of its reports,", () => {
  it("goes round the sorted peers, one each time, with the second first", async () => {
    const { membership, transport } = await startReady();
    transport.calls.length = 0;
    for (let turn = 0; turn < 5; turn++) membership.report();
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([c, b, c, b, c]);
  });

  it("does not pass over a peer that is down", async () => {
    const { membership, transport } = await startReady();
    membership.onLeaving(c);
    transport.calls.length = 0;
    membership.report();
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([c]);
  });

  it("does not wait for an answer", async () => {
    const { membership, transport } = await startReady();
    transport.answers.report = () => new Promise(() => {});
    transport.calls.length = 0;
    membership.report();
    membership.report();
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([c, b]);
  });

  it.each([0, 200])("takes code %i for success", async (code) => {
    const { membership, transport, settle } = await startReady(() => answered(500));
    expect(membership.member(b)).toMatchObject({ state: "SUSPICIOUS", failAccessCnt: 1 });
    transport.answers.report = () => answered(code);
    membership.report();
    membership.report();
    await settle();
    expect(membership.member(b)).toMatchObject({ state: "UP", failAccessCnt: 0 });
  });

  it.each([404, 501])("takes code %i for neither success nor failure", async (code) => {
    const { membership, transport, settle } = await startReady(() => answered(500));
    transport.answers.report = () => answered(code);
    membership.report();
    membership.report();
    await settle();
    expect(membership.member(b)).toMatchObject({ state: "SUSPICIOUS", failAccessCnt: 1 });
  });

  it("learns from an answer which is no success that the peer starts", async () => {
    const greeting = { kind: "nacre", isReady: false } as const;
    const { membership } = await startReady(() => answered(501, greeting));
    expect(membership.member(b)).toMatchObject({ state: "UP", ...greeting });
  });

  it.each<[string, () => Promise<ReportAnswer>]>([
    ["another code", () => answered(400)],
    ["another answer", () => Promise.reject(refusingPeer(b))],
    ["no answer", () => Promise.reject(unreachablePeer(b))],
  ])("counts %s as a failure: the fourth in a row makes a peer down", async (_what, answer) => {
    const { membership, settle, stateOf } = await startReady(answer, { addresses: [a, b] });
    for (const state of ["SUSPICIOUS", "SUSPICIOUS", "SUSPICIOUS", "DOWN"]) {
      expect(stateOf(b)).toBe(state);
      expect(membership.mapper.addresses).toEqual(state === "DOWN" ? [a] : [a, b]);
      membership.report();
      await settle();
    }
  });

  it("takes a peer for down after as many failures as it is told", async () => {
    const { stateOf } = await startReady(() => answered(500), { failAccessCntMax: 0 });
    expect(stateOf(b)).toBe("DOWN");
  });

  it("takes a peer for down at once when its connection is refused", async () => {
    const { stateOf } = await startReady(() => Promise.reject(unreachablePeer(b, "ECONNREFUSED")));
    expect(stateOf(b)).toBe("DOWN");
  });

  it("logs each change of state once, with the reason", async () => {
    const { logger, membership, settle, transport } = await startReady(() => answered(500), {
      addresses: [a, b],
    });
    const message = "peer changed its state";
    const first = { peer: b, from: "UP", to: "SUSPICIOUS", why: "it answered with code 500" };
    const lines = () => logger.lines.filter(({ level }) => level !== "debug");
    expect(lines()).toEqual([{ level: "info", message, fields: first }]);
    membership.report();
    await settle();
    expect(lines()).toHaveLength(1);
    transport.answers.report = () => answered(200);
    membership.report();
    await settle();
    const second = { peer: b, from: "SUSPICIOUS", to: "UP", why: "it answered" };
    expect(lines().slice(1)).toEqual([{ level: "info", message, fields: second }]);
  });
});

describe("MemberReporter, of its greetings,", () => {
  it("asks every peer, and knows then who they are", async () => {
    const { membership, transport, stateOf } = startMembership();
    transport.answers.greet = (peer) =>
      Promise.resolve({ kind: peer === b ? "nacre" : "java", isReady: peer !== b });
    await membership.greetAll();
    expect(membership.member(b)).toMatchObject({ kind: "nacre", isReady: false });
    expect(membership.member(c)).toMatchObject({ kind: "java", isReady: true });
    expect(stateOf(b)).toBe("UP");
  });

  it("asks again with each report who has not answered or is not ready, one question at a time", async () => {
    const { membership, transport, settle } = startMembership();
    const answers = [
      { kind: "nacre", isReady: false },
      { kind: "nacre", isReady: true },
    ] as const;
    let at = 0;
    transport.answers.greet = (peer) =>
      peer === b
        ? Promise.resolve(answers[at++] ?? { kind: "nacre", isReady: true })
        : new Promise(() => {});
    for (let turn = 0; turn < 4; turn++) {
      membership.report();
      await settle();
    }
    const asked = transport.sent("greet").map(({ peer }) => peer);
    expect(asked.filter((peer) => peer === b)).toHaveLength(2);
    expect(asked.filter((peer) => peer === c)).toHaveLength(1);
    expect(membership.member(b)).toMatchObject({ kind: "nacre", isReady: true });
  });

  it("takes a peer for down whose connection is refused, and resolves all the same", async () => {
    const { membership, transport, stateOf } = startMembership();
    transport.answers.greet = (peer) =>
      Promise.reject(unreachablePeer(peer, peer === b ? "ECONNREFUSED" : "ETIMEDOUT"));
    await membership.greetAll();
    expect(stateOf(b)).toBe("DOWN");
    expect(membership.member(c)).toMatchObject({ state: "UP", failAccessCnt: 0 });
  });

  it("does not take a peer for up because it says who it is", async () => {
    const { membership, transport, stateOf } = startMembership();
    membership.onLeaving(b);
    transport.answers.greet = () => Promise.resolve({ kind: "nacre", isReady: true });
    await membership.greetAll();
    expect(stateOf(b)).toBe("DOWN");
  });

  it("asks a peer again that was down and answers without a word about itself", async () => {
    const { membership, transport, settle } = await startReady(undefined, { addresses: [a, b] });
    membership.onReport(reportOf(b, ofNacre));
    membership.onLeaving(b);
    transport.answers.greet = () => Promise.resolve({ kind: "java", isReady: true });
    transport.calls.length = 0;
    membership.noteAnswer(b);
    await settle();
    expect(transport.calls.map(({ name }) => name)).toEqual(["report", "greet"]);
    expect(membership.member(b)).toMatchObject({ state: "UP", kind: "java" });
  });

  it("logs who a peer is", async () => {
    const { membership, transport, logger } = startMembership({ addresses: [a, b] });
    transport.answers.greet = () => Promise.resolve({ kind: "java", isReady: true });
    await membership.greetAll();
    const fields = { peer: b, kind: "java", isReady: true };
    expect(logger.lines).toEqual([{ level: "info", message: "peer said who it is", fields }]);
  });
});

describe("MemberReporter, of the calls of others,", () => {
  it("takes a peer for down at once when its connection is refused", () => {
    const { membership, changes } = startMembership();
    membership.noteFailure(b, unreachablePeer(b, "ECONNREFUSED"));
    membership.noteFailure(b, unreachablePeer(b, "ECONNREFUSED"));
    expect(membership.member(b)).toMatchObject({ state: "DOWN", failAccessCnt: 1 });
    expect(membership.mapper.addresses).toEqual([a, c]);
    expect(changes()).toBe(1);
  });

  it("counts no other failure", () => {
    const { membership } = startMembership();
    for (const error of [unreachablePeer(b), refusingPeer(b), new Error("odd")]) {
      membership.noteFailure(b, error);
    }
    expect(membership.member(b)).toMatchObject({ state: "UP", failAccessCnt: 0 });
  });

  it("knows nothing of strangers", () => {
    const { membership, changes } = startMembership();
    membership.noteFailure("10.0.0.9:1", unreachablePeer("10.0.0.9:1", "ECONNREFUSED"));
    membership.noteAnswer("10.0.0.9:1");
    membership.onLeaving("10.0.0.9:1");
    expect(changes()).toBe(0);
  });

  it("reports to a peer that is down and answers, once between two turns", async () => {
    const { membership, transport } = await startReady();
    membership.onLeaving(b);
    transport.answers.report = () => new Promise(() => {});
    transport.calls.length = 0;
    for (const peer of [b, b, c]) membership.noteAnswer(peer);
    expect(membership.member(b)).toMatchObject({ state: "DOWN" });
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([b]);
    membership.report(); // the turn of c
    membership.noteAnswer(b);
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([b, c, b]);
  });
});
