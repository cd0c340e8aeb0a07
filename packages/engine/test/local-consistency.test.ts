import { type Datum, datumKey, type DatumKey, type Store } from "@nacre/core";
import { LocalConsistency } from "@nacre/engine";
import { describe, expect, it } from "vitest";

const key = datumKey("public", "DEFAULT_GROUP@@orders");
const datum: Datum = { key, instances: [] };

/** A consistency service over an empty store, and what its listener hears. */
function startConsistency() {
  const data = new Map<DatumKey, Datum>();
  const store: Store = {
    get size() {
      return data.size;
    },
    get: (wanted) => data.get(wanted),
    put: (given) => void data.set(given.key, given),
    delete: (unwanted) => data.delete(unwanted),
    data: () => data.values(),
  };
  const consistency = new LocalConsistency({ store });
  const heard: unknown[] = [];
  consistency.listen({
    onPut: (put, changes) => heard.push({ put, changes, stored: store.get(put.key) }),
    onRemove: (removed) => heard.push({ removed, stored: store.get(removed) }),
  });
  return { consistency, heard, store };
}

describe("LocalConsistency", () => {
  it("has stored a datum when the listener hears of it", () => {
    const { consistency, heard, store } = startConsistency();
    const changes = [{ cause: { kind: "operator", detail: "" } } as const];
    consistency.put(datum, changes);

    expect(heard).toEqual([{ put: datum, changes, stored: datum }]);
    expect(consistency.get(key)).toBe(datum);
    expect(store.size).toBe(1);
  });

  it("has removed a datum when the listener hears of it, also when nothing was stored", () => {
    const { consistency, heard, store } = startConsistency();
    consistency.put(datum, []);
    consistency.remove(key);
    consistency.remove(key);

    const removal = { removed: key, stored: undefined };
    expect(heard.slice(1)).toEqual([removal, removal]);
    expect(consistency.get(key)).toBeUndefined();
    expect(store.size).toBe(0);
  });

  it("has one listener", () => {
    const { consistency } = startConsistency();
    const listener = { onPut: () => undefined, onRemove: () => undefined };
    expect(() => consistency.listen(listener)).toThrow("there is a listener already");
  });
});
