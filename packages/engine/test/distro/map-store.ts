import type { Datum, DatumKey, Store } from "@nacre/core";

/** A store over a map. */
export function mapStore(): Store {
  const data = new Map<DatumKey, Datum>();
  return {
    get size() {
      return data.size;
    },
    get: (key) => data.get(key),
    put: (datum) => void data.set(datum.key, datum),
    delete: (key) => data.delete(key),
    data: () => data.values(),
  };
}
