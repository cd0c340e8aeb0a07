import assert from "node:assert/strict";
import { type Datum, datumKey } from "../datum.ts";
import type { Instance } from "../instance.ts";
import type { Store } from "../store.ts";

/** One claim of a contract: `run` throws when the implementation does not keep it. */
export interface ContractCase {
  /** The claim, in the present tense. */
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/** What every {@link Store} must do. Each case is run on a new, empty store. */
export function storeContract(create: () => Store | Promise<Store>): readonly ContractCase[] {
  return Object.entries(claims).map(([name, claim]) => ({
    name,
    run: async () => claim(await create()),
  }));
}

const key = datumKey("public", "DEFAULT_GROUP@@orders");
const otherKey = datumKey("public", "DEFAULT_GROUP@@users");

const claims: Readonly<Record<string, (store: Store) => void>> = {
  "holds nothing at first": (store) => {
    assert.equal(store.size, 0);
    assert.equal(store.get(key), undefined);
    assert.deepEqual([...store.data()], []);
  },
  "gives back what was put": (store) => {
    const datum = datumOf("10.0.0.1");
    store.put(datum);
    assert.deepEqual(store.get(key), datum);
    assert.equal(store.size, 1);
  },
  "replaces a datum as a whole": (store) => {
    store.put(datumOf("10.0.0.1"));
    store.put(datumOf("10.0.0.2"));
    assert.deepEqual(store.get(key), datumOf("10.0.0.2"));
    assert.equal(store.size, 1);
  },
  "keeps an empty list of instances apart from nothing": (store) => {
    store.put({ key, instances: [] });
    assert.deepEqual(store.get(key), { key, instances: [] });
  },
  "forgets a key once": (store) => {
    store.put(datumOf("10.0.0.1"));
    assert.equal(store.delete(key), true);
    assert.equal(store.delete(key), false);
    assert.equal(store.get(key), undefined);
    assert.equal(store.size, 0);
  },
  "lists each datum once": (store) => {
    store.put(datumOf("10.0.0.1"));
    store.put({ key: otherKey, instances: [] });
    store.put(datumOf("10.0.0.2"));
    const keys = [...store.data()].map((datum) => datum.key);
    assert.deepEqual(keys.toSorted(), [key, otherKey].toSorted());
  },
};

function datumOf(ip: string): Datum {
  return { key, instances: [instanceOf(ip)] };
}

function instanceOf(ip: string): Instance {
  return {
    instanceId: `${ip}#8080#DEFAULT#DEFAULT_GROUP@@orders`,
    ip,
    port: 8080,
    weight: 0.5,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: "DEFAULT",
    metadata: { zone: "a", 区域: "杭州" },
    app: null,
    marked: false,
    version: 1,
  };
}
