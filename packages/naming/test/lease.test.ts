import type { Metadata } from "@nacre/core";
import { Lease, Service } from "@nacre/naming";
import { describe, expect, it } from "vitest";
import { standingOf } from "./start-naming.ts";

const service = new Service("public", "DEFAULT_GROUP@@orders");

function instanceWith(metadata: Metadata | null, healthy = true) {
  return standingOf("10.0.0.1", { metadata, healthy });
}

describe("Lease", () => {
  it("starts with a sign of life, and without a beat", () => {
    const lease = new Lease(service, instanceWith({}), 700);
    expect([lease.lastBeatMs, lease.hasBeaten, lease.heldUntilMs]).toEqual([700, false, undefined]);
  });

  it("is due when the instance turns unhealthy, then when it has to go, or when its hold ends", () => {
    const lease = new Lease(service, instanceWith({}), 1_000);
    expect(lease.deadlineMs).toBe(16_000);
    lease.instance = instanceWith({}, false);
    expect(lease.deadlineMs).toBe(31_000);
    lease.heldUntilMs = 331_000;
    expect(lease.deadlineMs).toBe(331_000);
  });

  it("is due earlier when the instance goes before it turns unhealthy", () => {
    const lease = new Lease(service, instanceWith({ "preserved.ip.delete.timeout": "3000" }), 0);
    expect(lease.deadlineMs).toBe(3_000);
  });

  it("follows the settings of the instance that stands", () => {
    const lease = new Lease(service, instanceWith({}), 0);
    lease.instance = instanceWith({ "preserved.heart.beat.timeout": "3000" });
    expect([lease.timings.timeoutMs, lease.deadlineMs]).toEqual([3_000, 3_000]);
    lease.instance = instanceWith(null);
    expect(lease.timings.timeoutMs).toBe(15_000);
    lease.instance = instanceWith({ "preserved.heart.beat.interval": "700" });
    expect(lease.intervalMs).toBe(700);
  });

  it("has been heard by nobody at first", () => {
    const lease = new Lease(service, instanceWith({}), 700);
    expect([lease.silenceMsAt(1_000), lease.isAliveAt(1_000)]).toEqual([undefined, false]);
  });

  it("is alive for half of the shorter time-out after it was heard, healthy or not", () => {
    const lease = new Lease(service, instanceWith({}, false), 0);
    lease.evidenceMs = 1_000;
    expect([lease.silenceMsAt(8_500), lease.isAliveAt(8_500)]).toEqual([7_500, true]);
    expect(lease.isAliveAt(8_501)).toBe(false);
    lease.instance = instanceWith({ "preserved.ip.delete.timeout": "3000" });
    expect([lease.isAliveAt(2_500), lease.isAliveAt(2_501)]).toEqual([true, false]);
  });

  it("is judged by what happened since its service is ours", () => {
    const moved = new Service("public", "DEFAULT_GROUP@@moved");
    const lease = new Lease(moved, instanceWith({}), 1_000);
    moved.isOursSinceMs = 9_000;
    expect([lease.lastBeatMs, lease.deadlineMs]).toEqual([1_000, 24_000]);
  });

  it("names its datum and its instance to whoever tells peers of its beats", () => {
    const { datumKey, instanceKey, isQueued } = new Lease(service, instanceWith({}), 0);
    expect(datumKey).toBe(service.key);
    expect([instanceKey, isQueued]).toEqual(["10.0.0.1:8080:unknown:DEFAULT", false]);
  });

  it("leaves the interval to the member unless the instance asks for one", () => {
    const intervalOf = (metadata: Metadata | null) =>
      new Lease(service, instanceWith(metadata), 0).intervalMs;
    expect(intervalOf(null)).toBeUndefined();
    expect(intervalOf({ zone: "a" })).toBeUndefined();
    expect(intervalOf({ "preserved.heart.beat.interval": "0" })).toBe(0);
    expect(intervalOf({ "preserved.heart.beat.interval": "1000" })).toBe(1_000);
    expect(intervalOf({ "preserved.heart.beat.interval": "soon" })).toBe(5_000);
  });
});
