import type { Datum, DatumKey, Store } from "@nacre/core";
import { storeContract } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

class MapStore implements Store {
  readonly map = new Map<DatumKey, Datum>();

  get size(): number {
    return this.map.size;
  }

  get(key: DatumKey): Datum | undefined {
    return this.map.get(key);
  }

  put(datum: Datum): void {
    this.map.set(datum.key, datum);
  }

  delete(key: DatumKey): boolean {
    return this.map.delete(key);
  }

  data(): Iterable<Datum> {
    return this.map.values();
  }
}

const breakages: Readonly<Record<string, () => Store>> = {
  "never puts": () => Object.assign(new MapStore(), { put: () => undefined }),
  "loses metadata": () => {
    const store = new MapStore();
    const put = (datum: Datum) => {
      const instances = datum.instances.map((instance) => ({ ...instance, metadata: {} }));
      store.map.set(datum.key, { ...datum, instances });
    };
    return Object.assign(store, { put });
  },
  "keeps the first value": () => {
    const store = new MapStore();
    const put = (datum: Datum) => {
      if (!store.map.has(datum.key)) store.map.set(datum.key, datum);
    };
    return Object.assign(store, { put });
  },
  "takes an empty list for nothing": () => {
    const store = new MapStore();
    const put = (datum: Datum) => {
      if (datum.instances.length > 0) store.map.set(datum.key, datum);
    };
    return Object.assign(store, { put });
  },
  "never deletes": () => Object.assign(new MapStore(), { delete: () => true }),
  "says that it always deleted": () => {
    const store = new MapStore();
    return Object.assign(store, { delete: (key: DatumKey) => store.map.delete(key) || true });
  },
  "lists nothing": () => Object.assign(new MapStore(), { data: () => [] }),
  "lists twice": () => {
    const store = new MapStore();
    return Object.assign(store, { data: () => [...store.map.values(), ...store.map.values()] });
  },
  "brings something along": () => {
    const store = new MapStore();
    store.put({ key: "leftover" as DatumKey, instances: [] });
    return store;
  },
};

async function failures(create: () => Store | Promise<Store>): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of storeContract(create)) {
    const outcome = await Promise.allSettled([run()]);
    if (outcome[0].status === "rejected") failed.push(name);
  }
  return failed;
}

describe("storeContract", () => {
  it("passes a store that keeps it", async () => {
    expect(await failures(() => new MapStore())).toEqual([]);
  });

  it("waits for a store that opens later", async () => {
    expect(await failures(() => Promise.resolve(new MapStore()))).toEqual([]);
  });

  it.each(Object.keys(breakages))("fails a store that %s", async (name) => {
    expect(await failures(breakages[name] ?? (() => new MapStore()))).not.toEqual([]);
  });
});
