import { describe, expect, it } from "vitest";
import type { FaultName } from "../kit/sim-faults.ts";
import type { SimMutation } from "../kit/sim-member.ts";
import { runSeed } from "../kit/sim-seed.ts";

// Goal: every property rests on a mechanism, and fails when members go without it. README.md lists both.
// A test that cannot fail proves nothing, and neither does a simulation.
interface Proof {
  readonly mutation: SimMutation;
  readonly breaks: string;

  /** What goes wrong while it is shown; by default everything. */
  readonly faults?: readonly FaultName[];
}

const proofs: readonly Proof[] = [
  { mutation: "beat relay", breaks: "liveness" },
  { mutation: "refutation", breaks: "liveness" },
  { mutation: "load before ready", breaks: "liveness" },
  { mutation: "relaying for others", breaks: "liveness", faults: ["partial partition"] },
  { mutation: "verify", breaks: "convergence", faults: ["lists that differ"] },
  { mutation: "verify and retry", breaks: "liveness", faults: ["loss", "partition"] },
  { mutation: "tombstones", breaks: "no resurrection", faults: ["partition", "kill"] },
  { mutation: "version of acceptance", breaks: "no resurrection", faults: ["pause"] },
  { mutation: "brake", breaks: "never empty by expiry alone", faults: ["silent clients"] },
  { mutation: "grace", breaks: "grace" },
];

const SEEDS_MAX = 80;

describe("a cluster", () => {
  it.each(proofs)(
    "without $mutation breaks its promise of $breaks",
    { timeout: 300_000 },
    async ({ mutation, breaks, faults }) => {
      const broken: string[] = [];
      for (let seed = 1; seed <= SEEDS_MAX && !broken.includes(breaks); seed++) {
        const { failure } = await runSeed({ seed, mutation, faults });
        if (failure !== undefined) broken.push(failure.property);
      }
      expect(broken).toContain(breaks);
    },
  );
});
