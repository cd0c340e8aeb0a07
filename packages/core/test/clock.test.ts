import { systemClock } from "@nacre/core";
import { describe, expect, it } from "vitest";

describe("systemClock", () => {
  it("tells the wall clock", () => {
    expect(Math.abs(systemClock.epochMs() - Date.now())).toBeLessThan(1_000);
  });

  it("never goes backwards", () => {
    const times = Array.from({ length: 1_000 }, () => systemClock.nowMs());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("runs what was scheduled, once", async () => {
    let count = 0;
    await new Promise<void>((resolve) => {
      systemClock.schedule(0, () => {
        count++;
        resolve();
      });
    });
    expect(count).toBe(1);
  });

  it("does not run what was taken back", async () => {
    const ran: string[] = [];
    const cancel = systemClock.schedule(0, () => ran.push("taken back"));
    cancel();
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.schedule(1, () => {
        ran.push("left");
        resolve();
      });
    });
    expect(ran).toEqual(["left"]);
  });
});
