import { ManualClock, RecordingLogger } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
// By file: it serves the parts of the package, not its users.
import { Convergence, type ConvergenceOptions } from "../../src/distro/convergence.ts";
import { b } from "./start-repair.ts";

/** Notes one round of comparison every 5 s. */
function startConvergence(options: ConvergenceOptions = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const convergence = new Convergence({ clock, logger }, options);
  const note = (...rounds: readonly string[][]): void => {
    for (const keys of rounds) {
      clock.stall(5_000);
      convergence.note(b, keys);
    }
  };
  return { convergence, logger, note, status: () => convergence.statusOf(b) };
}

describe("Convergence", () => {
  it("knows nothing of a peer that was never compared", () => {
    const { status } = startConvergence();
    expect(status()).toEqual({
      lastAgreedMs: undefined,
      differingCount: 0,
      differingSinceMs: undefined,
      sample: [],
      disagreedRounds: 0,
      isIll: false,
    });
  });

  it("keeps when a peer last agreed, and since when it does not", () => {
    const { note, status } = startConvergence();
    note([], ["x", "y"], ["y"]);
    expect(status()).toMatchObject({
      lastAgreedMs: 5_000,
      differingCount: 1,
      differingSinceMs: 10_000,
      disagreedRounds: 2,
      sample: ["y"],
    });
  });

  it("warns once of a key that differs for more than two rounds, and says when it agrees", () => {
    const { logger, note } = startConvergence();
    note(["x"], ["x"]);
    expect(logger.lines).toEqual([]);
    note(["x"], ["x"]);
    expect(logger.lines).toEqual([
      {
        level: "warn",
        message: "a peer disagrees",
        fields: { peer: b, keys: 1, sample: ["x"], rounds: 3, sinceMs: 10_000 },
      },
    ]);
    note([], []);
    expect(logger.lines.slice(1)).toEqual([
      { level: "info", message: "a peer agrees again", fields: { peer: b } },
    ]);
  });

  it("does not warn of keys that are on their way, however many rounds find one", () => {
    const { logger, note, status } = startConvergence();
    note(["1"], ["2"], ["3"], ["4"], ["5"]);
    expect(logger.lines).toEqual([]);
    expect(status()).toMatchObject({ disagreedRounds: 1, differingSinceMs: 25_000 });
  });

  it("shows what lasts before what is new, and so many at most", () => {
    const { note, status } = startConvergence({ sampleMax: 2 });
    note(["old"], ["1", "2", "3", "old"]);
    expect(status()).toMatchObject({ differingCount: 4, sample: ["old", "1"] });
  });

  it("takes more differing keys than it remembers for the same", () => {
    const { note, status } = startConvergence({ rememberedMax: 2 });
    note(["1", "2", "3"], ["4", "5", "6"]);
    expect(status().disagreedRounds).toBe(2);
  });

  it("forgets peers that left", () => {
    const { convergence, note, status } = startConvergence();
    note(["x"]);
    convergence.retain([b]);
    expect(status().differingCount).toBe(1);
    convergence.retain([]);
    expect(status().differingCount).toBe(0);
  });
});
