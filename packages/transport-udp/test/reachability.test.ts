import { describe, expect, it } from "vitest";
// By file: who is unreachable is known inside of the package only.
import { Reachability, type ReachabilityOptions } from "../src/reachability.ts";

function createReachability(options: Partial<ReachabilityOptions> = {}) {
  return new Reachability({
    silentPushesMax: 2,
    probeIntervalMs: 1_000,
    silentForgottenMs: 5_000,
    silentMax: 3,
    ...options,
  });
}

describe("Reachability", () => {
  it("takes everyone for reachable until as many pushes in a row as allowed go unanswered", () => {
    const reachability = createReachability();
    reachability.onSilent("a", 0);
    reachability.onHeard("a");
    reachability.onSilent("a", 0);
    expect(reachability.isUnreachable("a")).toBe(false);

    reachability.onSilent("a", 0);
    expect(reachability.isUnreachable("a")).toBe(true);
    expect(reachability.isUnreachable("b")).toBe(false);
    expect(reachability.unreachableCount).toBe(1);
  });

  it("allows one probe per interval", () => {
    const reachability = createReachability();
    reachability.onSilent("a", 0);
    reachability.onSilent("a", 100);

    const allowed = [100, 1_099, 1_100, 1_101, 2_099, 2_100].filter((nowMs) =>
      reachability.mayPush("a", nowMs),
    );
    expect(allowed).toEqual([1_100, 2_100]);
  });

  it("trusts again at once whom it hears", () => {
    const reachability = createReachability();
    reachability.onSilent("a", 0);
    reachability.onSilent("a", 0);
    reachability.onSilent("a", 0);
    reachability.onHeard("a");

    expect(reachability.mayPush("a", 1)).toBe(true);
    expect(reachability.unreachableCount).toBe(0);
  });

  it("forgets whom nobody has pushed to for a while, and nobody else", () => {
    const reachability = createReachability();
    for (const endpoint of ["a", "b"]) {
      reachability.onSilent(endpoint, 0);
      reachability.onSilent(endpoint, 0);
    }
    reachability.mayPush("a", 3_000);
    reachability.sweep(4_999);
    expect(reachability.unreachableCount).toBe(2);

    reachability.sweep(5_000);
    expect(reachability.isUnreachable("a")).toBe(true);
    expect(reachability.isUnreachable("b")).toBe(false);

    reachability.sweep(8_000);
    expect(reachability.unreachableCount).toBe(0);
  });

  it("remembers no more than its limit: the one longest not pushed to makes room", () => {
    const reachability = createReachability({ silentPushesMax: 1 });
    for (const endpoint of ["a", "b", "c"]) reachability.onSilent(endpoint, 0);
    reachability.mayPush("a", 1);
    reachability.onSilent("d", 2);

    expect(reachability.unreachableCount).toBe(3);
    expect(["a", "b", "c", "d"].filter((each) => reachability.isUnreachable(each))).toEqual([
      "a",
      "c",
      "d",
    ]);
  });
});
