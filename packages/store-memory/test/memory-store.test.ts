import { datumKey } from "@nacre/core";
import { storeContract } from "@nacre/core/testing";
import { MemoryStore } from "@nacre/store-memory";
import { describe, expect, it } from "vitest";

describe("MemoryStore", () => {
  for (const { name, run } of storeContract(() => new MemoryStore())) it(name, run);

  it("keeps the value itself, not a copy", () => {
    const store = new MemoryStore();
    const datum = { key: datumKey("public", "DEFAULT_GROUP@@orders"), instances: [] };
    store.put(datum);
    expect(store.get(datum.key)).toBe(datum);
  });
});
