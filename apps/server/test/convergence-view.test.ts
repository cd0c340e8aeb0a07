import type { Member } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// Internal to the application: the server puts it together.
import { type ConvergenceParts, convergenceViewOf } from "../src/convergence-view.ts";
import { packageVersion } from "../src/version.ts";

const self = "10.0.0.1:8848";
const b = "10.0.0.2:8848";

function memberAt(address: string, more: Partial<Member> = {}): Member {
  const rest = { ip: "10.0.0.2", port: 8848, failAccessCnt: 0, extendInfo: {}, isReady: true };
  return { address, ...rest, state: "UP", kind: "nacre", ...more };
}

const neverCompared = {
  lastAgreedMs: undefined,
  differingCount: 0,
  differingSinceMs: undefined,
  sample: [],
  disagreedRounds: 0,
  isIll: false,
};
const neverSynced = {
  queuedCount: 0,
  isInFlight: false,
  lastSyncedMs: undefined,
  failuresInARow: 0,
  requestCount: 0,
  sentCount: 0,
  failedCount: 0,
  droppedCount: 0,
};

type Compared = ReturnType<ConvergenceParts["distro"]["verifier"]["statusOf"]>;
type Synced = ReturnType<ConvergenceParts["distro"]["sync"]["statusOf"]>;

interface Told {
  readonly peer?: Partial<Member>;
  readonly asNacre?: Partial<Compared>;
  readonly asJava?: Partial<Compared>;
  readonly sync?: Partial<Synced>;
  readonly forward?: ReturnType<ConvergenceParts["forwarder"]["statusOf"]>;
  readonly reason?: string;
}

/** The view of a member with one peer, 10 s after its clock began. */
function viewOf({ peer, asNacre, asJava, sync, forward, reason }: Told = {}) {
  const clock = new ManualClock();
  clock.stall(10_000);
  const members = [memberAt(self, { state: "STARTING" }), memberAt(b, peer)];
  const parts: ConvergenceParts = {
    clock,
    membership: {
      self,
      peers: members.slice(1),
      member: (address) => members.find((member) => member.address === address),
    },
    distro: {
      verifier: { statusOf: () => ({ ...neverCompared, ...asNacre }) },
      javaVerifier: { statusOf: () => ({ ...neverCompared, ...asJava }) },
      sync: { statusOf: () => ({ ...neverSynced, ...sync }) },
      handOvers: { size: 2 },
    },
    forwarder: { statusOf: () => forward },
    reasonNotReady: () => reason,
  };
  const answer = convergenceViewOf(parts, { contextPath: "/nacos" }).convergence();
  const [only] = answer.peers;
  return { answer, peer: only };
}

describe("the view of convergence", () => {
  it("says who answers, and whether and why it does not serve", () => {
    const { peers, ...own } = viewOf({ reason: "asking the peers" }).answer;
    expect(peers).toHaveLength(1);
    expect(own).toEqual({
      self,
      state: "STARTING",
      version: packageVersion(),
      isReady: false,
      reason: "asking the peers",
      contextPath: "/nacos",
      pendingHandOvers: 2,
    });
    expect(viewOf().answer).toMatchObject({ isReady: true, reason: null });
  });

  it("tells of a peer that was only listed", () => {
    expect(viewOf({ peer: { kind: "unknown" } }).peer).toEqual({
      address: b,
      kind: "unknown",
      version: null,
      wire: null,
      state: "UP",
      isReady: true,
      failAccessCnt: 0,
      lastSyncMs: null,
      lastAgreedMs: null,
      differing: { count: 0, sinceMs: null, rounds: 0, sample: [] },
      queued: 0,
      inFlight: false,
      isIll: false,
      forward: { pending: 0, isOpen: false, answered: 0, failed: 0 },
    });
  });

  it("says of no peer that is down that it serves", () => {
    expect(viewOf({ peer: { state: "DOWN" } }).peer?.isReady).toBe(false);
    expect(viewOf({ peer: { state: "SUSPICIOUS" } }).peer?.isReady).toBe(true);
  });

  it("gives ages, not instants", () => {
    const differing = { differingCount: 3, differingSinceMs: 4_000.4, disagreedRounds: 2 };
    const { peer } = viewOf({
      asNacre: { ...differing, lastAgreedMs: 1_000, sample: ["x"] },
      sync: { lastSyncedMs: 9_500, queuedCount: 4, isInFlight: true },
    });
    expect(peer).toMatchObject({
      lastSyncMs: 500,
      lastAgreedMs: 9_000,
      differing: { count: 3, sinceMs: 6_000, rounds: 2, sample: ["x"] },
      queued: 4,
      inFlight: true,
    });
  });

  it("asks who compares with peers of that kind", () => {
    const told = { asNacre: { lastAgreedMs: 9_000 }, asJava: { lastAgreedMs: 8_000, isIll: true } };
    expect(viewOf(told).peer).toMatchObject({ lastAgreedMs: 1_000, isIll: false });
    expect(viewOf({ ...told, peer: { kind: "java" } }).peer).toMatchObject({
      lastAgreedMs: 2_000,
      isIll: true,
    });
  });

  it("tells of a peer that is down how it last agreed, whatever it was", () => {
    const peer = { kind: "unknown", state: "DOWN" } as const;
    const asJava = { lastAgreedMs: 8_000 };
    expect(viewOf({ peer, asJava }).peer?.lastAgreedMs).toBe(2_000);
    const asNacre = { lastAgreedMs: 9_000 };
    expect(viewOf({ peer, asJava, asNacre }).peer?.lastAgreedMs).toBe(1_000);
  });

  it("reads versions from what members report", () => {
    const versionOf = (extendInfo: Member["extendInfo"]) => {
      const { version, wire } = viewOf({ peer: { extendInfo } }).peer ?? {};
      return [version, wire];
    };
    expect(versionOf({ version: "1.4.1", nacre: { version: "2.0.0", wire: 1 } })).toEqual([
      "2.0.0",
      1,
    ]);
    expect(versionOf({ version: "1.4.1" })).toEqual(["1.4.1", null]);
    expect(versionOf({ version: 7, nacre: null })).toEqual([null, null]);
    expect(versionOf({ nacre: { version: {}, wire: "1" } })).toEqual([null, null]);
  });

  it("tells how writes are passed on to a peer", () => {
    const forward = { pendingCount: 1, isOpen: true, forwardedCount: 5, failedCount: 2 };
    expect(viewOf({ forward }).peer?.forward).toEqual({
      pending: 1,
      isOpen: true,
      answered: 5,
      failed: 2,
    });
  });
});
