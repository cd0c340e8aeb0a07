import { type CauseKind, epochMsOf, type Gone, instanceKeyOf, Versions } from "@nacre/core";
import { ManualClock } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { versionedChanges } from "../../src/distro/versioned-changes.ts";
import { instanceAt } from "./start-repair.ts";

// Inside of the protocol; `DistroData` shows what becomes of it.

const instance = instanceAt("10.0.0.1");
const instanceKey = instanceKeyOf(instance);

/** Versions one change of the instance, which stands or is gone at some version. */
function versionOne(
  kind: CauseKind,
  {
    standsAt,
    goneAt,
    acceptedAs,
  }: {
    readonly standsAt?: number;
    readonly goneAt?: number;
    readonly acceptedAs?: number;
  },
) {
  const clock = new ManualClock();
  const versions = new Versions({ clock });
  const before = standsAt === undefined ? undefined : { ...instance, version: standsAt };
  const isEnd = kind === "expired" || kind === "deregistered";
  const change = { before, after: isEnd ? undefined : instance, cause: { kind, detail: "" } };
  const gone: Gone | undefined =
    goneAt === undefined ? undefined : { instanceKey, version: goneAt, kind: "deregistered" };
  return versionedChanges([change], {
    ours: before === undefined ? [] : [before],
    ourGone: () => gone,
    nextVersion: (known) => versions.next(known),
    acceptedAs,
    epochMs: clock.epochMs(),
  });
}

/** A version of a member whose clock is that far ahead, or behind. */
function versionAt(aheadMs: number): number {
  return new Versions({ clock: new ManualClock(new ManualClock().epochMs() + aheadMs) }).next();
}

describe("versionedChanges", () => {
  it.each(["registered", "updated", "operator"] as const)(
    "gives what is %s the version of now",
    (kind) => {
      const [change] = versionOne(kind, { standsAt: versionAt(-5_000) }).changes;
      expect(epochMsOf(change?.after?.version ?? 0)).toBe(new ManualClock().epochMs());
    },
  );

  it.each(["beats stopped", "beat again"] as const)(
    "gives what follows from %s the version just above what is known",
    (kind) => {
      const standsAt = versionAt(-5_000);
      const [change] = versionOne(kind, { standsAt }).changes;
      expect(change?.after?.version).toBe(standsAt + 1);
    },
  );

  it("has an expiry lose, and a deregistration win, over what was registered meanwhile", () => {
    const standsAt = versionAt(-30_000);
    const meanwhile = versionAt(-1_000);
    const [expired] = versionOne("expired", { standsAt }).gone;
    const [deregistered] = versionOne("deregistered", { standsAt }).gone;
    expect(expired).toMatchObject({ instanceKey, kind: "expired", version: standsAt + 1 });
    expect(deregistered?.kind).toBe("deregistered");
    expect(expired?.version).toBeLessThan(meanwhile);
    expect(deregistered?.version).toBeGreaterThan(meanwhile);
  });

  it("leaves out what was accepted before the instance was removed", () => {
    const late = { goneAt: versionAt(-1_000), acceptedAs: versionAt(-2_000) };
    expect(versionOne("registered", late)).toEqual({ changes: [], gone: [] });
    const inTime = { goneAt: versionAt(-2_000), acceptedAs: versionAt(-1_000) };
    expect(versionOne("registered", inTime).changes).toHaveLength(1);
    const here = { goneAt: versionAt(-1_000) };
    expect(versionOne("registered", here).changes).toHaveLength(1);
  });

  it.each([
    ["the end was told by a clock far ahead", versionAt(3_600_000), versionAt(-2_000)],
    ["the write was accepted by a clock far behind", versionAt(-1_000), versionAt(-3_600_000)],
    ["the instance was removed a moment before, by another clock", versionAt(0), versionAt(-20)],
  ])("drops no write when %s", (_, goneAt, acceptedAs) => {
    const { changes } = versionOne("registered", { goneAt, acceptedAs });
    expect(changes[0]?.after?.version).toBeGreaterThan(goneAt);
  });
});
