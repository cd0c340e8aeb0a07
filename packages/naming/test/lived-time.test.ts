import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { LivedTime } from "@nacre/naming";
import { describe, expect, it } from "vitest";

function startLivedTime() {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const livedTime = new LivedTime({ clock, logger }, { intervalMs: 500, toleranceMs: 500 });
  return { clock, logger, livedTime };
}

describe("LivedTime", () => {
  it("passes as the clock does while it is asked for often", () => {
    const { clock, logger, livedTime } = startLivedTime();
    const startMs = livedTime.nowMs();
    for (let round = 0; round < 1_000; round++) {
      clock.stall(500);
      livedTime.nowMs();
    }
    expect(livedTime.nowMs() - startMs).toBe(500_000);
    expect([livedTime.pausedMs, livedTime.pauseCount, logger.lines]).toEqual([0, 0, []]);
  });

  it("takes no small gap for a pause", () => {
    const { clock, livedTime } = startLivedTime();
    clock.stall(1_000);
    expect(livedTime.nowMs()).toBe(1_000);
    expect(livedTime.pauseCount).toBe(0);
  });

  it("keeps what the clock said when it was last asked", () => {
    const { clock, livedTime } = startLivedTime();
    clock.stall(60_000);
    expect([livedTime.clockMs, livedTime.nowMs(), livedTime.clockMs]).toEqual([0, 500, 60_000]);
  });

  it("stands still while the process does, but for one interval", () => {
    const { clock, logger, livedTime } = startLivedTime();
    clock.stall(1_001);
    expect(livedTime.nowMs()).toBe(500);
    clock.stall(600_000);
    expect(livedTime.nowMs()).toBe(1_000);
    expect([livedTime.pausedMs, livedTime.pauseCount]).toEqual([501 + 599_500, 2]);
    expect(logger.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ["warn", { pauseMs: 501 }],
      ["warn", { pauseMs: 599_500 }],
    ]);
  });

  it("counts a pause once, whoever comes first", () => {
    const { clock, livedTime } = startLivedTime();
    clock.stall(60_000);
    const first = livedTime.nowMs();
    expect(livedTime.nowMs()).toBe(first);
    clock.stall(200);
    expect(livedTime.nowMs()).toBe(first + 200);
    expect(livedTime.pauseCount).toBe(1);
  });

  it("does not care for the wall clock", () => {
    const { clock, livedTime } = startLivedTime();
    clock.jumpEpoch(3_600_000);
    expect(livedTime.nowMs()).toBe(0);
  });

  it("takes nothing before its start for a pause", () => {
    const { clock, livedTime } = startLivedTime();
    clock.stall(60_000);
    livedTime.start();
    expect(livedTime.nowMs()).toBe(60_000);
    expect(livedTime.pauseCount).toBe(0);
  });
});
