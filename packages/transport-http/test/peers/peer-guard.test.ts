import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { type Caller, PeerGuard, type PeerGuardOptions } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { addressesOf, memberAt } from "./start-peer-api.ts";

function startGuard(options?: PeerGuardOptions) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const listed = ["10.0.0.1:8848", "[2001:db8::1]:8848", "10.0.0.7:8848"].map((at) => memberAt(at));
  const members = addressesOf({ members: listed });
  return { clock, logger, guard: new PeerGuard({ clock, logger, members }, options) };
}

function callerAt(address: string, headers: Readonly<Record<string, string>> = {}): Caller {
  return { address, header: (name) => headers[name] };
}

const relaxed = { checkSource: false, identity: { key: "Server-Identity", value: "secret" } };

describe("PeerGuard", () => {
  it("lets members pass", () => {
    const { guard } = startGuard();
    guard.check(callerAt("10.0.0.1"));
    guard.check(callerAt("2001:db8::1"), "[2001:db8::1]:8848");
    guard.check(callerAt("10.0.0.7", { "request-source": "10.0.0.7:8848" }));
    expect(guard.strangerCount).toBe(0);
  });

  it.each<[string, Caller, readonly string[], string]>([
    ["another address", callerAt("10.0.0.9"), ["10.0.0.1:8848"], "10.0.0.9 is not the IP address"],
    ["a member's address that names another", callerAt("10.0.0.1"), ["x:1"], "x:1 is not a member"],
    [
      "a member's address with a stranger's name in its header",
      callerAt("10.0.0.1", { "request-source": "10.0.0.1:1" }),
      ["10.0.0.1:8848"],
      "10.0.0.1:1 is not a member",
    ],
    [
      "another address with the identity of members",
      callerAt("10.0.0.9", { "server-identity": "secret" }),
      [],
      "10.0.0.9 is not the IP address",
    ],
  ])("stops %s", (_who, caller, claimed, reason) => {
    const { guard } = startGuard({ identity: relaxed.identity });
    expect(() => guard.check(caller, ...claimed)).toThrow(
      expect.objectContaining({ code: "STRANGER", status: 403 }),
    );
    expect(() => guard.check(caller, ...claimed)).toThrow(reason);
    expect(guard.strangerCount).toBe(2);
  });

  it("asks for the identity where addresses tell nothing", () => {
    const { guard } = startGuard(relaxed);
    guard.check(callerAt("10.9.9.9", { "server-identity": "secret" }), "10.0.0.1:8848");
    const bad = [{}, { "server-identity": "guess" }, { "server-identity": "" }];
    for (const headers of bad) {
      expect(() => guard.check(callerAt("10.0.0.1", headers))).toThrow("identity of members");
    }
    const known = callerAt("10.0.0.1", { "server-identity": "secret" });
    expect(() => guard.check(known, "x:1")).toThrow("x:1 is not a member");
  });

  it("lets nobody pass when there is neither", () => {
    const { guard } = startGuard({ checkSource: false });
    expect(() => guard.check(callerAt("10.0.0.1"))).toThrow("identity of members");
  });

  it("takes reports without the identity, which Java never sends with them", () => {
    expect(startGuard(relaxed).guard.mayReport(callerAt("10.9.9.9"), "10.0.0.1:8848")).toBe(true);
    expect(startGuard(relaxed).guard.mayReport(callerAt("10.9.9.9"), "x:1")).toBe(false);
    const { guard } = startGuard();
    expect(guard.mayReport(callerAt("10.0.0.1"), "10.0.0.1:8848")).toBe(true);
    expect(guard.mayReport(callerAt("10.9.9.9"), "10.0.0.1:8848")).toBe(false);
    expect(guard.mayReport(callerAt("10.0.0.1"), "x:1")).toBe(false);
    expect(guard.strangerCount).toBe(2);
  });

  it("names a stranger once a minute", async () => {
    const { guard, logger, clock } = startGuard();
    const call = (address: string): void => {
      expect(() => guard.check(callerAt(address))).toThrow("only members");
    };
    for (const address of ["10.0.0.9", "10.0.0.9", "10.0.0.8"]) call(address);
    expect(logger.lines.map(({ level, fields }) => [level, fields["address"]])).toEqual([
      ["warn", "10.0.0.9"],
      ["warn", "10.0.0.8"],
    ]);
    await clock.advance(59_999);
    call("10.0.0.9");
    expect(logger.lines.length).toBe(2);
    await clock.advance(1);
    call("10.0.0.9");
    expect(logger.lines.length).toBe(3);
  });

  it("remembers no more strangers than it may, and goes on counting", async () => {
    const { guard, logger, clock } = startGuard({ strangersMax: 2 });
    const call = (address: string): void => {
      expect(() => guard.check(callerAt(address))).toThrow("only members");
    };
    for (let at = 1; at <= 5; at++) call(`10.1.0.${at}`);
    expect(logger.lines.length).toBe(2);
    expect(guard.strangerCount).toBe(5);
    await clock.advance(60_000);
    call("10.1.0.9");
    expect(logger.lines.length).toBe(3);
  });

  it("shows no more of a claim than a line takes", () => {
    const { guard } = startGuard();
    expect(() => guard.check(callerAt("10.0.0.1"), "x".repeat(10_000))).toThrow(/x{64}… is not/);
  });
});
