import { datumKey, type DatumListener, type InstanceChange } from "@nacre/core";
import { MapConsistency } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";
import { instanceAt } from "../instance-at.ts";

const key = datumKey("public", "DEFAULT_GROUP@@orders");
const cause = { kind: "operator", detail: "" } as const;

/** A service, and what its listener was told together with what the service held then. */
function startWithListener() {
  const consistency = new MapConsistency();
  const heard: unknown[] = [];
  const listener: DatumListener = {
    mayTake: () => true,
    onPut: (put, changes) => heard.push(["put", put, changes, consistency.get(put.key)]),
    onRemove: (removed) => heard.push(["remove", removed, consistency.get(removed)]),
    onValue: (value) => heard.push(["value", value]),
    onBeat: () => undefined,
    silenceMsOf: () => undefined,
    isAlive: () => false,
  };
  consistency.listen(listener);
  return { consistency, heard };
}

describe("MapConsistency", () => {
  it("keeps what is put, and tells its listener of it after that", () => {
    const { consistency, heard } = startWithListener();
    const change = { after: instanceAt("10.0.0.1", { version: 1 }), cause };
    consistency.put(key, [change]);

    const datum = { key, instances: [change.after] };
    expect(heard).toEqual([["put", datum, [change], datum]]);
    expect([...consistency.data.values()]).toEqual([datum]);
    expect(consistency.putCount).toBe(1);
  });

  it("gives every instance that is put a higher version", () => {
    const { consistency } = startWithListener();
    const versions = [1, 2, 3].map((weight) => {
      const before = consistency.get(key)?.instances[0];
      consistency.put(key, [
        { before, after: instanceAt("10.0.0.1", { weight, version: 0 }), cause },
      ]);
      return consistency.get(key)?.instances.map(({ version }) => version);
    });
    expect(versions).toEqual([[1], [2], [3]]);
  });

  it("removes and adds instances, and leaves the others as they are", () => {
    const { consistency } = startWithListener();
    const [a, b, c] = ["a", "b", "c"].map((ip) => instanceAt(ip));
    consistency.put(key, [
      { after: a, cause },
      { after: b, cause },
    ]);
    const changes: InstanceChange[] = [
      { before: a, cause },
      { after: c, cause },
    ];
    consistency.put(key, changes);
    const standing = consistency.get(key)?.instances.map(({ ip, version }) => [ip, version]);
    expect(standing).toEqual([
      ["b", 1],
      ["c", 2],
    ]);
  });

  it("forgets what is removed, and tells its listener of it also when there was nothing", () => {
    const { consistency, heard } = startWithListener();
    consistency.put(key, []);
    consistency.remove(key);
    consistency.remove(key);

    expect(heard.slice(1)).toEqual([
      ["remove", key, undefined],
      ["remove", key, undefined],
    ]);
    expect(consistency.data.size).toBe(0);
  });

  it("tells its listener of values, each with a higher version", () => {
    const { consistency, heard } = startWithListener();
    consistency.putValue("a", "1");
    consistency.putValue("a", undefined);
    expect(heard).toEqual([
      ["value", { key: "a", version: 1, text: "1" }],
      ["value", { key: "a", version: 2, text: undefined }],
    ]);
  });
});
