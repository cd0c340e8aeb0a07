import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// By file: pushes are numbered inside of the package only.
import { RefTimes } from "../src/ref-times.ts";

describe("RefTimes", () => {
  it("follows the wall clock in microseconds", async () => {
    const clock = new ManualClock(1_609_459_200_000);
    const refTimes = new RefTimes(clock);
    expect(refTimes.next()).toBe(1_609_459_200_000_000);

    await clock.advance(1.5);
    expect(refTimes.next()).toBe(1_609_459_200_001_500);
  });

  it("grows while the wall clock stands, and when it is set back", () => {
    const clock = new ManualClock(1_609_459_200_000);
    const refTimes = new RefTimes(clock);
    expect([refTimes.next(), refTimes.next()]).toEqual([
      1_609_459_200_000_000, 1_609_459_200_000_001,
    ]);

    clock.jumpEpoch(-3_600_000);
    expect(refTimes.next()).toBe(1_609_459_200_000_002);
  });

  it("goes on where an earlier process was, whatever that one pushed", async () => {
    const clock = new ManualClock();
    const earlier = new RefTimes(clock);
    let last = 0;
    for (let count = 0; count < 10_000; count++) last = earlier.next();

    await clock.advance(100);
    expect(new RefTimes(clock).next()).toBeGreaterThan(last);
  });

  it("stays a safe integer, whatever the wall clock says", () => {
    for (const epochMs of [Number.MAX_SAFE_INTEGER, Infinity, Number.NaN, -1]) {
      const refTimes = new RefTimes(new ManualClock(epochMs));
      expect([refTimes.next(), refTimes.next()]).toEqual([1, 2]);
    }
  });
});
