import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import {
  BeatChecker,
  type BeatCheckerOptions,
  ExpiryBrake,
  Lease,
  LivedTime,
  Service,
} from "@nacre/naming";
import { describe, expect, it } from "vitest";
import { standingOf } from "./start-naming.ts";

const service = new Service("public", "DEFAULT_GROUP@@orders");

/** Counts how often anybody asks for its deadline: each placing on the wheel does. */
class CountingLease extends Lease {
  static readCount = 0;

  override get deadlineMs(): number {
    CountingLease.readCount++;
    return super.deadlineMs;
  }
}

function startChecker(options: Partial<BeatCheckerOptions> = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const livedTime = new LivedTime({ clock, logger }, { intervalMs: 500, toleranceMs: 500 });
  const told: string[] = [];
  let turnCount = 0;
  const schedule = (delayMs: number, run: () => void) => {
    turnCount++;
    return clock.schedule(delayMs, run);
  };
  const countingClock = { epochMs: () => 0, nowMs: () => clock.nowMs(), schedule };
  const checker: BeatChecker = new BeatChecker(
    { clock: countingClock, livedTime, logger, brake: new ExpiryBrake({ enabled: false }) },
    {
      onSilent: (silent) => {
        for (const { lease, silenceMs } of silent) {
          lease.instance = { ...lease.instance, healthy: false };
          told.push(`silent in turn ${turnCount}: ${silenceMs}`);
        }
      },
      onExpired: (silent) => {
        for (const { lease, silenceMs } of silent) {
          checker.forget(lease);
          told.push(`expired in turn ${turnCount}: ${silenceMs}`);
        }
      },
      onHeld: () => told.push("held"),
      ...options,
    },
  );
  const watch = (changes: Partial<Lease["instance"]> = {}, of: Service = service) => {
    const instance = standingOf("10.0.0.1", changes);
    const lease = new CountingLease(of, instance, livedTime.nowMs());
    checker.watch(lease);
    return lease;
  };
  const run = (durationMs: number, each: () => void = () => undefined) => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
      clock.stall(500);
      checker.check();
      each();
    }
  };
  return { clock, checker, told, watch, run };
}

describe("BeatChecker", () => {
  it("tells of silence after the time-out and of expiry after the longer one", () => {
    const { told, watch, run, checker } = startChecker();
    watch();
    run(15_000);
    expect(told).toEqual([]);
    run(500);
    expect(told).toEqual(["silent in turn 0: 15500"]);
    run(14_500);
    expect([told.length, checker.size]).toEqual([1, 1]);
    run(500);
    expect(told.at(-1)).toBe("expired in turn 0: 30500");
    expect(checker.size).toBe(0);
  });

  it("tells nothing of an instance that beats", () => {
    const { told, watch, run, checker } = startChecker();
    const lease = watch();
    for (let round = 0; round < 20; round++) {
      run(14_500);
      checker.touch(lease);
    }
    expect(told).toEqual([]);
  });

  it("does not touch the wheel for a beat, and looks at each lease about once per time-out", () => {
    const { watch, run, checker } = startChecker();
    const leases = Array.from({ length: 1_000 }, () => watch());
    CountingLease.readCount = 0;
    for (let round = 0; round < 12; round++) {
      run(5_000);
      const before = CountingLease.readCount;
      for (const lease of leases) checker.touch(lease);
      expect(CountingLease.readCount).toBe(before);
    }
    expect(CountingLease.readCount).toBeLessThanOrEqual(leases.length * 6);
  });

  it("looks at a bounded number of 100,000 silent instances per turn", async () => {
    const { clock, told, watch, checker } = startChecker();
    for (let index = 0; index < 100_000; index++) watch();
    for (let passedMs = 0; passedMs < 15_500; passedMs += 500) {
      clock.stall(500);
      checker.touch(watch()); // keeps time going without a check
    }
    CountingLease.readCount = 0;
    checker.check();
    expect(told).toHaveLength(1_000);
    expect(CountingLease.readCount).toBeLessThanOrEqual(2_000);
    await clock.advance(0);
    expect(told).toHaveLength(100_000);
    const sizes = new Map<string, number>();
    for (const line of told) sizes.set(line, (sizes.get(line) ?? 0) + 1);
    expect(new Set(sizes.values())).toEqual(new Set([1_000]));
  });

  it("drops the rest of a check when it is stopped", async () => {
    const { clock, told, watch, run, checker } = startChecker({ leasesPerTurnMax: 10 });
    for (let index = 0; index < 25; index++) watch();
    run(15_000);
    clock.stall(500);
    checker.check();
    checker.stop();
    checker.stop();
    await clock.advance(400);
    expect(told).toHaveLength(10);
  });

  it("never touches what is marked, until the mark is gone", () => {
    const { told, watch, run, checker } = startChecker();
    const lease = watch({ marked: true });
    run(60_000);
    expect(told).toEqual([]);
    lease.instance = { ...lease.instance, marked: false };
    checker.replace(lease);
    run(500);
    expect(told).toEqual(["expired in turn 0: 60500"]);
  });

  it("takes note of an earlier deadline", () => {
    const { told, watch, run, checker } = startChecker();
    const lease = watch();
    run(1_000);
    lease.instance = {
      ...lease.instance,
      metadata: { "preserved.heart.beat.timeout": "2000", "preserved.ip.delete.timeout": "4000" },
    };
    checker.replace(lease);
    run(1_500);
    expect(told).toEqual(["silent in turn 0: 2500"]);
    run(2_000);
    expect(told.at(-1)).toBe("expired in turn 0: 4500");
  });

  it("removes at once what may go before it turns unhealthy", () => {
    const { told, watch, run } = startChecker();
    watch({ metadata: { "preserved.ip.delete.timeout": "3000" } });
    run(3_500);
    expect(told).toEqual(["expired in turn 0: 3500"]);
  });

  it("ends each round although leases stay overdue", async () => {
    const options = { expireInstances: false, leasesPerTurnMax: 10 };
    const { clock, told, watch, run } = startChecker(options);
    // Overdue from 1 s on, unhealthy only after 15 s.
    const metadata = { "preserved.ip.delete.timeout": "1000" };
    for (let index = 0; index < 30; index++) watch({ metadata });
    run(1_500);
    await clock.advance(0);
    for (let round = 0; round < 30; round++) {
      run(500);
      await clock.advance(0);
    }
    expect(told).toHaveLength(30);
  });

  it("takes older news than it has for none", () => {
    const { told, watch, run, checker } = startChecker();
    const lease = watch();
    run(5_000);
    checker.touch(lease, 2_000);
    checker.touch(lease, 1_000);
    expect(lease.lastBeatMs).toBe(2_000);
    run(12_000);
    expect(told).toEqual([]);
    run(500);
    expect(told).toEqual(["silent in turn 0: 15500"]);
  });

  it("decides nothing for a service that is not ours, and looks at it once per time-out", () => {
    const moved = new Service("public", "DEFAULT_GROUP@@moved");
    const { told, watch, run, checker } = startChecker();
    checker.lose(moved);
    const leases = Array.from({ length: 100 }, () => watch({}, moved));
    CountingLease.readCount = 0;
    run(150_000);
    expect(told).toEqual([]);
    expect(CountingLease.readCount).toBeLessThanOrEqual(leases.length * 10);
  });

  it("gives a service that becomes ours a whole time-out, wherever its leases wait", () => {
    const moved = new Service("public", "DEFAULT_GROUP@@moved");
    const { told, watch, run, checker } = startChecker();
    checker.lose(moved);
    watch({}, moved);
    run(7_000);
    watch({}, moved);
    run(50_000);
    watch({ healthy: false }, moved);
    checker.gain(moved);
    run(15_000);
    expect(told).toEqual([]);
    run(500);
    expect(told.toSorted()).toEqual(["silent in turn 0: 65500", "silent in turn 0: 72500"]);
    run(15_000);
    expect(told.slice(2).toSorted()).toEqual([
      "expired in turn 0: 30500",
      "expired in turn 0: 80500",
      "expired in turn 0: 87500",
    ]);
  });

  it("counts no silence anew when a service that is ours is gained once more", () => {
    const { told, watch, run, checker } = startChecker();
    watch();
    run(10_000);
    checker.gain(service);
    run(5_500);
    expect(told).toHaveLength(1);
  });

  it("counts what is ours apart", () => {
    const moved = new Service("public", "DEFAULT_GROUP@@moved");
    const { watch, checker } = startChecker();
    const [lease] = [watch({}, moved), watch({}, moved), watch()];
    for (const key of ["a", "b"]) moved.leases.set(key, lease);
    checker.lose(moved);
    checker.lose(moved);
    expect([checker.size, checker.ourSize]).toEqual([3, 1]);
    checker.forget(lease);
    moved.leases.delete("a");
    checker.gain(moved);
    expect([checker.size, checker.ourSize]).toEqual([2, 2]);
  });

  it("counts what it watches", () => {
    const { watch, checker } = startChecker();
    const lease = watch();
    watch();
    expect(checker.size).toBe(2);
    checker.forget(lease);
    expect([checker.size, checker.held.size]).toEqual([1, 0]);
  });
});
