import { datumKey, type DatumKey, type DatumListener } from "@nacre/core";
import { MapConsistency } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

const key = datumKey("public", "DEFAULT_GROUP@@orders");
const datum = { key, instances: [] };

/** A service, and what its listener was told together with what the service held then. */
function startWithListener() {
  const consistency = new MapConsistency();
  const heard: unknown[] = [];
  const listener: DatumListener = {
    onPut: (put, changes) => heard.push(["put", put, changes, consistency.get(put.key)]),
    onRemove: (removed: DatumKey) => heard.push(["remove", removed, consistency.get(removed)]),
  };
  consistency.listen(listener);
  return { consistency, heard };
}

describe("MapConsistency", () => {
  it("keeps what is put, and tells its listener of it after that", () => {
    const { consistency, heard } = startWithListener();
    const changes = [{ cause: { kind: "operator", detail: "" } } as const];
    consistency.put(datum, changes);

    expect(heard).toEqual([["put", datum, changes, datum]]);
    expect([...consistency.data.values()]).toEqual([datum]);
    expect(consistency.putCount).toBe(1);
  });

  it("forgets what is removed, and tells its listener of it also when there was nothing", () => {
    const { consistency, heard } = startWithListener();
    consistency.put(datum, []);
    consistency.remove(key);
    consistency.remove(key);

    expect(heard.slice(1)).toEqual([
      ["remove", key, undefined],
      ["remove", key, undefined],
    ]);
    expect(consistency.data.size).toBe(0);
  });
});
