import type { Member } from "@nacre/core";
import { describe, expect, it } from "vitest";
// Internal to the package: what is exported is Membership.
import {
  afterFailure,
  afterGreeting,
  afterLeaving,
  afterRefusal,
  afterReport,
  afterSuccess,
  isConnectionRefused,
  listedMember,
} from "../../src/membership/member-states.ts";
import { refusingPeer, unreachablePeer } from "../scripted-transport.ts";

const address = "10.0.0.2:8848";

function memberThat(is: Partial<Member> = {}): Member {
  return { ...listedMember(address), ...is };
}

function afterFailures(member: Member, count: number): Member {
  let after = member;
  for (let failure = 0; failure < count; failure++) after = afterFailure(after, 3);
  return after;
}

describe("a listed member", () => {
  it("is up, with no failures, and of unknown kind", () => {
    expect(listedMember(address)).toEqual({
      address,
      ip: "10.0.0.2",
      port: 8848,
      state: "UP",
      failAccessCnt: 0,
      extendInfo: { raftPort: "7848" },
      kind: "unknown",
      isReady: true,
    });
  });

  it("keeps the brackets of an IPv6 address", () => {
    expect(listedMember("[fd00::1]:9000")).toMatchObject({ ip: "[fd00::1]", port: 9000 });
  });
});

describe("a failed report", () => {
  it.each([
    [1, "SUSPICIOUS"],
    [2, "SUSPICIOUS"],
    [3, "SUSPICIOUS"],
    [4, "DOWN"],
    [9, "DOWN"],
  ])("for the time %i in a row makes a member %s", (count, state) => {
    expect(afterFailures(memberThat(), count)).toMatchObject({ state, failAccessCnt: count });
  });

  it("leaves a member down that said goodbye", () => {
    expect(afterFailure(afterLeaving(memberThat()), 3)).toMatchObject({ state: "DOWN" });
  });

  it("leaves a member down whose connection was refused before", () => {
    expect(afterFailure(afterRefusal(memberThat()), 3)).toMatchObject({ state: "DOWN" });
  });

  it("makes the kind unknown with the one that makes a member down", () => {
    const member = memberThat({ kind: "nacre", isReady: false });
    expect(afterFailures(member, 3)).toMatchObject({ kind: "nacre", isReady: false });
    expect(afterFailures(member, 4)).toMatchObject({ kind: "unknown", isReady: true });
  });

  it("keeps what a member that is down has said meanwhile", () => {
    const starting = afterGreeting(memberThat({ state: "DOWN" }), {
      kind: "nacre",
      isReady: false,
    });
    expect(afterFailure(starting, 3)).toMatchObject({ kind: "nacre", isReady: false });
  });

  it("forgets what it has said once nobody listens there any more", () => {
    const starting = afterGreeting(memberThat({ state: "DOWN" }), {
      kind: "nacre",
      isReady: false,
    });
    expect(afterRefusal(starting)).toMatchObject({ kind: "unknown", isReady: true });
  });
});

describe("a refused connection", () => {
  it("makes a member down at once", () => {
    expect(afterRefusal(memberThat({ kind: "java" }))).toMatchObject({
      state: "DOWN",
      failAccessCnt: 1,
      kind: "unknown",
    });
  });

  it("is told from other failures by the cause", () => {
    expect(isConnectionRefused(unreachablePeer(address, "ECONNREFUSED"))).toBe(true);
    expect(isConnectionRefused(unreachablePeer(address, "ECONNRESET"))).toBe(false);
    expect(isConnectionRefused(refusingPeer(address))).toBe(false);
    expect(isConnectionRefused(new Error("ECONNREFUSED"))).toBe(false);
  });
});

describe("an answered report", () => {
  it("makes a member up and forgets its failures", () => {
    for (const count of [1, 4]) {
      const failed = afterFailures(memberThat(), count);
      expect(afterSuccess(failed, undefined)).toMatchObject({ state: "UP", failAccessCnt: 0 });
    }
  });

  it("takes over who a member says that it is", () => {
    const greeting = { kind: "nacre", isReady: true } as const;
    expect(afterSuccess(memberThat(), greeting)).toMatchObject(greeting);
  });

  it("keeps the kind of a member that says nothing, unless that was down", () => {
    const up = memberThat({ kind: "java" });
    const down = memberThat({ kind: "nacre", state: "DOWN", isReady: false });
    expect(afterSuccess(up, undefined)).toMatchObject({ kind: "java" });
    expect(afterSuccess(down, undefined)).toMatchObject({ kind: "unknown", isReady: true });
  });
});

describe("an incoming report", () => {
  const info = { version: "1.4.1", raftPort: "7848" };

  it("makes a member up and keeps the count of its failures", () => {
    const after = afterReport(afterFailures(memberThat(), 4), info, 1_000);
    expect(after).toMatchObject({ state: "UP", failAccessCnt: 4 });
  });

  it("replaces what the member said of itself, and notes when", () => {
    const { extendInfo } = afterReport(memberThat({ extendInfo: { site: "x" } }), info, 1_000);
    expect(extendInfo).toEqual({ ...info, lastRefreshTime: 1_000 });
  });

  it.each([
    [{}, "java", true],
    [{ nacre: null }, "java", true],
    [{ nacre: "1" }, "java", true],
    [{ nacre: {} }, "java", true],
    [{ nacre: { wire: 1 } }, "nacre", true],
    [{ nacre: { wire: 2, isReady: false } }, "nacre", false],
  ])("with %j comes from a member of kind", (more, kind, isReady) => {
    const before = memberThat({ kind: "nacre", isReady: false });
    expect(afterReport(before, { ...info, ...more }, 0)).toMatchObject({ kind, isReady });
  });
});

describe("a goodbye", () => {
  it("makes a member down at once and keeps its kind", () => {
    const after = afterLeaving(memberThat({ kind: "nacre" }));
    expect(after).toMatchObject({ state: "DOWN", kind: "nacre", isReady: false });
  });
});

describe("a greeting", () => {
  it("changes the state of no member", () => {
    const after = afterGreeting(memberThat({ state: "DOWN" }), { kind: "java", isReady: true });
    expect(after).toMatchObject({ state: "DOWN", kind: "java", isReady: true });
  });
});
