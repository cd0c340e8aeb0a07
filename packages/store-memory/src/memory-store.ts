import type { Datum, DatumKey, Store } from "@nacre/core";

/** Keeps data in a map. Nothing survives the process. */
export class MemoryStore implements Store {
  readonly #data = new Map<DatumKey, Datum>();

  get size(): number {
    return this.#data.size;
  }

  get(key: DatumKey): Datum | undefined {
    return this.#data.get(key);
  }

  put(datum: Datum): void {
    this.#data.set(datum.key, datum);
  }

  delete(key: DatumKey): boolean {
    return this.#data.delete(key);
  }

  data(): Iterable<Datum> {
    return this.#data.values();
  }
}
