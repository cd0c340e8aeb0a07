import { datumKey, type Gone, type Instance, instanceKeyOf, mergedDatum } from "@nacre/core";
import type { MergeInput, MergeResult } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { instanceAt } from "./instance-at.ts";

// Which version a claim of silence ends up with. Who believes whom: `merge.test.ts`.

const instance = instanceAt("a", { version: 5 });
const instanceKey = instanceKeyOf(instance);
const sick: Instance = { ...instance, healthy: false, version: 7 };
const expired: Gone = { instanceKey, version: 7, kind: "expired" };

/** Merges a claim into a datum of one instance. */
function claimed(ours: Instance, claim: Instance | Gone, input: Partial<MergeInput>): MergeResult {
  const isGone = "instanceKey" in claim;
  return mergedDatum({
    ours: [ours],
    ourGone: () => undefined,
    theirs: {
      key: datumKey("public", "DEFAULT_GROUP@@orders"),
      instances: isGone ? [] : [{ instance: claim, silenceMs: undefined }],
      gone: isGone ? [claim] : [],
    },
    isAlive: () => false,
    silenceMsOf: () => undefined,
    nextVersion: () => 1_000,
    ...input,
  });
}

describe("mergedDatum", () => {
  it("refutes with the version just above the claim, so that what follows the claim wins", () => {
    for (const claim of [sick, expired]) {
      const { changes } = claimed(instance, claim, { isAlive: () => true });
      expect(changes.map(({ after }) => after?.version)).toEqual([8]);
    }
  });

  it("agrees to an older claim when nobody heard the instance for the whole time-out", () => {
    const newer = { ...instance, version: 9 };
    const heard = (silenceMs: number | undefined, claim: Instance | Gone): MergeResult =>
      claimed(newer, claim, { silenceMsOf: () => silenceMs });
    const lacking = { changes: [], gone: [], peerLacks: true };
    const after = { ...newer, healthy: false, version: 10 };
    expect(heard(15_001, sick)).toEqual({
      ...lacking,
      changes: [{ before: newer, after, kind: "theirs" }],
    });
    expect(heard(30_001, expired)).toEqual({
      ...lacking,
      changes: [{ before: newer, after: undefined, kind: "theirs" }],
      gone: [{ ...expired, version: 10 }],
    });
    expect(heard(15_000, sick)).toEqual(lacking);
    expect(heard(30_000, expired)).toEqual(lacking);
    expect(heard(undefined, expired)).toEqual(lacking);
    expect(heard(60_000, { ...expired, kind: "deregistered" })).toEqual(lacking);
  });
});
