import { Lease, Service } from "@nacre/naming";
import { describe, expect, it } from "vitest";
// Internal: the beat checker is the only one to turn the wheel.
import { DeadlineWheel } from "../src/deadline-wheel.ts";
import { randomOf, standingOf } from "./start-naming.ts";

const service = new Service("public", "DEFAULT_GROUP@@orders");

/** A lease that is due at `deadlineMs`. */
function leaseAt(deadlineMs: number): Lease {
  const lease = new Lease(service, standingOf("a"), 0);
  lease.heldUntilMs = deadlineMs;
  return lease;
}

function startWheel(nowMs = 0) {
  return new DeadlineWheel({ slotMs: 500, nowMs });
}

describe("DeadlineWheel", () => {
  it("gives a lease out once its deadline has passed, and not before", () => {
    const wheel = startWheel();
    const lease = leaseAt(1_000);
    wheel.place(lease);
    expect(wheel.takeDue(1_000, 10)).toEqual([]);
    expect(wheel.takeDue(1_499, 10)).toEqual([]);
    expect(wheel.takeDue(1_500, 10)).toEqual([lease]);
    expect(wheel.takeDue(9_000, 10)).toEqual([]);
  });

  it("never gives out a lease whose deadline is ahead", () => {
    const random = randomOf(1);
    const wheel = startWheel(12_345);
    const waiting = new Set<Lease>();
    for (let nowMs = 12_345; nowMs < 60_000; nowMs += Math.floor(random() * 400)) {
      const lease = leaseAt(nowMs + Math.floor(random() * 5_000));
      wheel.place(lease);
      waiting.add(lease);
      for (const due of wheel.takeDue(nowMs, 1_000)) {
        expect(due.deadlineMs).toBeLessThan(nowMs);
        expect(waiting.delete(due)).toBe(true);
      }
      for (const left of waiting) expect(left.deadlineMs).toBeGreaterThan(nowMs - 1_000);
    }
  });

  it("gives out a bounded number, and the rest later", () => {
    const wheel = startWheel();
    const leases = Array.from({ length: 25 }, (_, index) => leaseAt(100 * index));
    for (const lease of leases) wheel.place(lease);
    const turns = Array.from({ length: 4 }, () => wheel.takeDue(10_000, 10));
    expect(turns.map(({ length }) => length)).toEqual([10, 10, 5, 0]);
    expect(new Set(turns.flat())).toEqual(new Set(leases));
  });

  it("finds a lease where it was placed last, earlier or later", () => {
    const wheel = startWheel();
    const lease = leaseAt(10_000);
    wheel.place(lease);
    lease.heldUntilMs = 2_000;
    wheel.place(lease);
    expect(wheel.takeDue(2_500, 10)).toEqual([lease]);
    lease.heldUntilMs = 20_000;
    wheel.place(lease);
    expect(wheel.takeDue(20_000, 10)).toEqual([]);
    expect(wheel.takeDue(20_500, 10)).toEqual([lease]);
  });

  it("gives a lease out once, however often it was placed", () => {
    const wheel = startWheel();
    const lease = leaseAt(1_000);
    for (let round = 0; round < 10; round++) {
      lease.heldUntilMs = round % 2 === 0 ? 1_000 : 3_000;
      wheel.place(lease);
      wheel.place(lease);
    }
    expect(wheel.takeDue(10_000, 10)).toEqual([lease]);
  });

  it("does not give out what was taken out", () => {
    const wheel = startWheel();
    const lease = leaseAt(1_000);
    wheel.place(lease);
    wheel.remove(lease);
    expect(wheel.takeDue(10_000, 10)).toEqual([]);
    wheel.place(lease);
    expect(wheel.takeDue(10_500, 10)).toEqual([lease]);
  });

  it("gives out what is overdue at the next slot, so that a round ends", () => {
    const wheel = startWheel();
    const leases = Array.from({ length: 20 }, () => leaseAt(100));
    for (const lease of leases) wheel.place(lease);
    const seen: Lease[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const due = wheel.takeDue(5_000, 10);
      seen.push(...due);
      for (const lease of due) wheel.place(lease);
    }
    expect(new Set(seen)).toEqual(new Set(leases));
    expect(seen).toHaveLength(20);
    expect(wheel.takeDue(5_500, 100)).toHaveLength(20);
  });

  it("gives a lease with a far deadline out early, so that nothing outdated stays for ever", () => {
    const wheel = startWheel();
    const lease = leaseAt(Number.MAX_SAFE_INTEGER);
    wheel.place(lease);
    expect(wheel.takeDue(590_000, 10)).toEqual([]);
    expect(wheel.takeDue(610_000, 10)).toEqual([lease]);
  });
});
