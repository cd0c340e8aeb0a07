import type { Metadata } from "@nacre/core";
import { Lease, Service } from "@nacre/naming";
import { describe, expect, it } from "vitest";
import { specOf } from "./start-naming.ts";

const service = new Service("public", "DEFAULT_GROUP@@orders");

function instanceWith(metadata: Metadata | null, healthy = true) {
  return { ...specOf("10.0.0.1", { metadata, healthy }), instanceId: "1", marked: false };
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
