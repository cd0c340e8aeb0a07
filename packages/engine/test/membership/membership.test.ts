import { describe, expect, it } from "vitest";
import { unreachablePeer } from "../scripted-transport.ts";
import {
  a,
  answered,
  b,
  c,
  ofNacre,
  reportOf,
  services,
  startMembership,
  startReady,
} from "./start-membership.ts";

describe("Membership of a member that loads anew", () => {
  it("is responsible for nothing and takes no reports, until it is ready again", async () => {
    const { changes, membership, settle, transport, stateOf } = await startReady();
    const before = changes();
    membership.unready();
    membership.unready();
    expect(changes()).toBe(before + 1);
    expect([membership.isReady, stateOf(a)]).toEqual([false, "STARTING"]);
    expect(services.some((name) => membership.isResponsible(name))).toBe(false);
    expect(membership.onGreet().isReady).toBe(false);
    expect(() => membership.onReport(reportOf(b, ofNacre))).toThrow("does not serve");
    transport.calls.length = 0;
    membership.report();
    await settle();
    expect(transport.sent("report")).toEqual([]);
    membership.ready();
    await settle();
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([b, c]);
    expect([membership.isReady, stateOf(a)]).toEqual([true, "UP"]);
  });

  it("does not come back once it leaves", async () => {
    const { membership, settle, stateOf, transport } = startMembership();
    void membership.leave();
    membership.ready();
    membership.unready();
    await settle();
    expect([membership.isReady, stateOf(a)]).toEqual([false, "DOWN"]);
    expect(transport.sent("report")).toEqual([]);
  });
});

describe("Membership at start", () => {
  it("lists all members in order, self among them, as up and unknown", () => {
    const { membership } = startMembership();
    expect(membership.members.map(({ address }) => address)).toEqual([a, b, c]);
    expect(membership.peers.map(({ address }) => address)).toEqual([b, c]);
    expect(membership.peers).toEqual([
      expect.objectContaining({ state: "UP", kind: "unknown" }),
      expect.objectContaining({ state: "UP", kind: "unknown" }),
    ]);
  });

  it("sorts addresses as texts", () => {
    const addresses = ["10.0.0.2:1", "10.0.0.10:1", "10.0.0.1:1"];
    const { membership } = startMembership({ self: "10.0.0.2:1", addresses });
    expect(membership.mapper.addresses).toEqual(["10.0.0.10:1", "10.0.0.1:1", "10.0.0.2:1"]);
  });

  it("counts all members as healthy, and adds self when it is missing", () => {
    const { membership } = startMembership({ addresses: [b, c] });
    expect(membership.mapper.addresses).toEqual([a, b, c]);
  });

  it("says that self is starting, and is responsible for nothing", () => {
    const { membership } = startMembership();
    expect(membership.member(a)).toMatchObject({ state: "STARTING", isReady: false });
    expect(services.some((name) => membership.mapper.isResponsible(name))).toBe(true);
    expect(services.some((name) => membership.isResponsible(name))).toBe(false);
  });

  it("reports to nobody", async () => {
    const { membership, transport, settle } = startMembership();
    membership.report();
    membership.noteAnswer(b);
    await settle();
    expect(transport.sent("report")).toEqual([]);
  });

  it("refuses reports as not ready yet, but learns from them", () => {
    const { membership } = startMembership();
    membership.noteFailure(b, unreachablePeer(b, "ECONNREFUSED"));
    expect(() => membership.onReport(reportOf(b, ofNacre))).toThrow(
      expect.objectContaining({ code: "STARTING" }),
    );
    expect(membership.member(b)).toMatchObject({ state: "UP", kind: "nacre" });
  });

  it("greets as a Nacre member that is not ready", () => {
    const { membership } = startMembership();
    expect(membership.onGreet()).toEqual({ kind: "nacre", isReady: false });
  });
});

describe("Membership that becomes ready", () => {
  it("reports to all peers at once", async () => {
    const { transport, membership, stateOf } = await startReady();
    expect(transport.sent("report").map(({ peer }) => peer)).toEqual([b, c]);
    expect(stateOf(a)).toBe("UP");
    expect(membership.onGreet()).toEqual({ kind: "nacre", isReady: true });
  });

  it("calls no more peers at a time than it may", async () => {
    const { transport, settle, membership } = startMembership({ callsMax: 1 });
    const waiting: (() => void)[] = [];
    transport.answers.report = () =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ code: 200, greeting: undefined }));
      });
    membership.ready();
    await settle();
    expect(transport.sent("report")).toHaveLength(1);
    waiting.pop()?.();
    await settle();
    expect(transport.sent("report")).toHaveLength(2);
  });

  it("reports once, however often it is told", async () => {
    const { membership, transport, settle } = await startReady();
    membership.ready();
    await settle();
    expect(transport.sent("report")).toHaveLength(2);
  });

  it("is responsible for what the mapper gives it, and services the others", async () => {
    const { membership } = await startReady();
    expect(new Set(services.map((name) => membership.memberFor(name)))).toEqual(new Set([a, b, c]));
    for (const name of services) {
      expect(membership.isResponsible(name)).toBe(membership.memberFor(name) === a);
    }
  });

  it("says in its reports what Java members need, and the same each time", async () => {
    const { clock, membership, transport } = await startReady();
    const [first] = transport.sent("report");
    expect(JSON.stringify(first?.content)).toBe(
      JSON.stringify({
        ip: "10.0.0.1",
        port: 8848,
        state: "UP",
        extendInfo: {
          lastRefreshTime: Date.UTC(2021, 0, 1),
          nacre: { version: "0.1.0", wire: 1, isReady: true },
          raftPort: "7848",
          version: "1.4.1",
        },
        address: a,
        failAccessCnt: 0,
      }),
    );
    await clock.advance(10_000);
    membership.report();
    expect(transport.sent("report").at(-1)?.content).toEqual(first?.content);
  });

  it("is known by its report as a Nacre member to others", async () => {
    const { transport } = await startReady();
    const other = await startReady(undefined, { self: b });
    const [sent] = transport.sent("report");
    other.membership.onReport(sent?.content ?? reportOf(a));
    expect(other.membership.member(a)).toMatchObject({ kind: "nacre", isReady: true });
  });
});

describe("Membership that runs alone", () => {
  it("has no peers, calls nobody, and is responsible for everything", async () => {
    const { membership, transport } = await startReady(undefined, { isAlone: true });
    membership.setAddresses([a, b]);
    membership.report();
    await membership.greetAll();
    await membership.leave();
    expect(transport.calls).toEqual([]);
    expect(membership.peers).toEqual([]);
    expect(membership.isResponsible("DEFAULT_GROUP@@s")).toBe(true);
    expect(membership.memberFor("DEFAULT_GROUP@@s")).toBe(a);
  });
});

describe("Membership with another list", () => {
  it("counts who joins as healthy at once, and asks who it is", () => {
    const { membership, transport, changes } = startMembership({ addresses: [a, b] });
    membership.setAddresses([a, b, c]);
    expect(membership.mapper.addresses).toEqual([a, b, c]);
    expect(transport.calls).toEqual([{ name: "greet", peer: c, content: undefined }]);
    expect(changes()).toBe(1);
  });

  it("keeps the state of who stays", () => {
    const { membership } = startMembership({ addresses: [a, b] });
    membership.onLeaving(b);
    membership.setAddresses([a, b, c]);
    expect(membership.member(b)).toMatchObject({ state: "DOWN" });
    expect(membership.mapper.addresses).toEqual([a, c]);
  });

  it("forgets who is not listed any more", async () => {
    const { membership, stateOf } = await startReady();
    membership.onLeaving(b);
    membership.setAddresses([a, c]);
    expect(stateOf(b)).toBeUndefined();
    expect(membership.mapper.addresses).toEqual([a, c]);
    expect(membership.onReport(reportOf(b))).toBe(false);

    membership.setAddresses([a, b, c]);
    expect(stateOf(b)).toBe("UP");
  });

  it("forgets the answer of who left before it came", async () => {
    const { membership, settle } = await startReady();
    membership.report();
    membership.setAddresses([a]);
    await settle();
    expect(membership.peers).toEqual([]);
  });

  it("changes nothing when the list is the same", () => {
    const { membership, changes, logger } = startMembership();
    const { mapper } = membership;
    membership.setAddresses([b, a, c, b]);
    expect(membership.mapper).toBe(mapper);
    expect(changes()).toBe(0);
    expect(logger.lines).toEqual([]);
  });

  it("ignores an empty list", () => {
    const { membership, logger } = startMembership();
    membership.setAddresses([]);
    expect(membership.peers).toHaveLength(2);
    expect(logger.lines).toEqual([expect.objectContaining({ level: "warn" })]);
  });

  it("stays in a list that lacks it, and warns", () => {
    const { membership, logger } = startMembership();
    membership.setAddresses([b]);
    expect(membership.mapper.addresses).toEqual([a, b]);
    expect(logger.lines).toEqual([
      expect.objectContaining({ level: "info", fields: { joined: [], left: [c] } }),
      expect.objectContaining({ level: "warn", fields: { self: a } }),
    ]);
  });
});

describe("Membership that is reported to", () => {
  it("takes a peer for up, and keeps the count of failures", async () => {
    const { membership, stateOf } = await startReady(() => answered(500), { failAccessCntMax: 0 });
    expect(stateOf(b)).toBe("DOWN");
    expect(membership.onReport(reportOf(b))).toBe(true);
    expect(membership.member(b)).toMatchObject({ state: "UP", failAccessCnt: 1, kind: "java" });
    expect(membership.mapper.addresses).toEqual([a, b]);
  });

  it("says no to a stranger, and forgets it", async () => {
    const { membership, changes } = await startReady();
    const before = changes();
    expect(membership.onReport(reportOf("10.0.0.9:8848"))).toBe(false);
    expect(membership.members).toHaveLength(3);
    expect(changes()).toBe(before);
  });

  it("warns once of a member with its own address, and stays what it is", async () => {
    const { membership, logger } = await startReady();
    const before = membership.member(a);
    expect(membership.onReport(reportOf(a))).toBe(true);
    membership.onReport(reportOf(a));
    expect(membership.member(a)).toBe(before);
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("tells its listener only when something changed, and last", async () => {
    const seen: unknown[] = [];
    const { membership } = startMembership({
      onChange: () => seen.push([membership.member(b)?.kind, membership.mapper.addresses.length]),
    });
    membership.ready();
    membership.onReport(reportOf(b, ofNacre));
    membership.onReport(reportOf(b, ofNacre));
    membership.onLeaving(b);
    expect(seen).toEqual([
      ["unknown", 3],
      ["nacre", 3],
      ["nacre", 2],
    ]);
  });

  it("keeps its mapper while the same members are healthy", async () => {
    const { membership } = await startReady();
    const { mapper } = membership;
    membership.onReport(reportOf(b, ofNacre));
    expect(membership.mapper).toBe(mapper);
    membership.onLeaving(b);
    expect(membership.mapper).not.toBe(mapper);
  });
});

describe("Membership and goodbyes", () => {
  it("takes a peer that leaves for down at once", async () => {
    const { membership, logger } = await startReady();
    membership.onReport(reportOf(b, ofNacre));
    membership.onLeaving(b);
    expect(membership.member(b)).toMatchObject({ state: "DOWN", kind: "nacre", isReady: false });
    expect(membership.mapper.addresses).toEqual([a, c]);
    expect(logger.lines.at(-2)).toMatchObject({
      level: "info",
      fields: { peer: b, from: "UP", to: "DOWN", why: "it leaves" },
    });
  });

  it("takes a peer that left for up when it reports again", async () => {
    const { membership } = await startReady();
    membership.onLeaving(b);
    membership.onReport(reportOf(b, ofNacre));
    expect(membership.member(b)).toMatchObject({ state: "UP", isReady: true });
  });

  it("says goodbye to Nacre peers only, once, and does not mind who does not hear it", async () => {
    const { membership, transport } = await startReady();
    membership.onReport(reportOf(b, ofNacre));
    membership.onReport(reportOf(c));
    await membership.leave();
    await membership.leave();
    expect(transport.sent("leaving")).toEqual([{ peer: b, content: undefined }]);
  });

  it("says goodbye also while it is not ready", async () => {
    const { membership, transport } = startMembership();
    expect(() => membership.onReport(reportOf(b, ofNacre))).toThrow("does not serve");
    await membership.leave();
    expect(transport.sent("leaving")).toHaveLength(1);
  });

  it("is responsible for nothing once it leaves, and hands all on", async () => {
    const { membership, transport } = await startReady();
    void membership.leave();
    expect(services.some((name) => membership.isResponsible(name))).toBe(false);
    expect(new Set(services.map((name) => membership.memberFor(name)))).toEqual(new Set([b, c]));
    expect(membership.member(a)).toMatchObject({ state: "DOWN", isReady: false });

    transport.calls.length = 0;
    membership.report();
    expect(transport.sent("report")).toEqual([]);
    expect(() => membership.onReport(reportOf(b))).toThrow(
      expect.objectContaining({ code: "STARTING" }),
    );
    expect(membership.onGreet()).toEqual({ kind: "nacre", isReady: false });
  });

  it("goes on alone when there is nobody to hand anything to", async () => {
    const { membership } = await startReady(undefined, { addresses: [a] });
    await membership.leave();
    expect(membership.isResponsible("DEFAULT_GROUP@@s")).toBe(true);
  });
});
