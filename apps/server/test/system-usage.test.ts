import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// Internal to the application: the operator's metrics read it.
import { SystemUsageProbe } from "../src/system-usage.ts";

/** Keeps a core busy, so that the counters of the machine move. */
function burn(durationMs: number): void {
  const untilMs = performance.now() + durationMs;
  while (performance.now() < untilMs);
}

describe("SystemUsageProbe", () => {
  it("tells shares, and a load", () => {
    const probe = new SystemUsageProbe({ clock: new ManualClock() });
    burn(50);
    const { cpu, load, mem } = probe.read();
    expect(cpu).toBeGreaterThanOrEqual(-1);
    expect(cpu).toBeLessThanOrEqual(1);
    expect(load).toBeGreaterThanOrEqual(0);
    expect(mem).toBeGreaterThan(0);
    expect(mem).toBeLessThan(1);
  });

  it("looks at the machine at most once a second", () => {
    const clock = new ManualClock();
    const probe = new SystemUsageProbe({ clock });
    const first = probe.read();
    burn(20);
    clock.stall(999);
    expect(probe.read()).toBe(first);
    clock.stall(1);
    expect(probe.read()).not.toBe(first);
  });
});
