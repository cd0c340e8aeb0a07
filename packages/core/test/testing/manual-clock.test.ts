import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

describe("ManualClock", () => {
  it("stands still until told to move", async () => {
    const clock = new ManualClock();
    expect([clock.nowMs(), clock.epochMs()]).toEqual([0, Date.UTC(2021, 0, 1)]);
    await clock.advance(1_500);
    expect([clock.nowMs(), clock.epochMs()]).toEqual([1_500, Date.UTC(2021, 0, 1) + 1_500]);
  });

  it("starts its wall clock where it is told to", () => {
    expect(new ManualClock(42).epochMs()).toBe(42);
  });

  it("runs each call at its instant, in order of time and then of making", async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name} at ${clock.nowMs()}`);
    clock.schedule(20, note("c"));
    clock.schedule(10, note("a"));
    clock.schedule(10, note("b"));
    clock.schedule(-5, note("first"));
    clock.schedule(21, note("late"));
    await clock.advance(20);
    expect(ran).toEqual(["first at 0", "a at 10", "b at 10", "c at 20"]);
  });

  it("runs calls that calls make, if they are due", async () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.nowMs());
      clock.schedule(10, again);
    };
    clock.schedule(10, again);
    await clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  it("lets promises settle before it goes on", async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.schedule(10, () => {
      void Promise.resolve()
        .then(() => undefined)
        .then(() => clock.schedule(5, () => ran.push(`settled at ${clock.nowMs()}`)));
    });
    await clock.advance(15);
    expect(ran).toEqual(["settled at 15"]);
  });

  it("forgets what is taken back, and each call once it has run", async () => {
    const clock = new ManualClock();
    let count = 0;
    const cancel = clock.schedule(10, () => count++);
    clock.schedule(10, () => count++);
    cancel();
    cancel();
    await clock.advance(10);
    await clock.advance(10);
    expect(count).toBe(1);
  });

  it("stalls without running anything; what is overdue runs later, at the later time", async () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    clock.schedule(10, () => ran.push(clock.nowMs()));
    clock.stall(1_000);
    expect([clock.nowMs(), ran]).toEqual([1_000, []]);
    await clock.advance(0);
    expect(ran).toEqual([1_000]);
  });

  it("never goes backwards, also when a call stalls", async () => {
    const clock = new ManualClock();
    clock.schedule(10, () => clock.stall(1_000));
    await clock.advance(20);
    expect(clock.nowMs()).toBe(1_010);
  });

  it("sets the wall clock without touching monotonic time", () => {
    const clock = new ManualClock(1_000);
    clock.jumpEpoch(-300);
    expect([clock.epochMs(), clock.nowMs()]).toEqual([700, 0]);
  });
});
