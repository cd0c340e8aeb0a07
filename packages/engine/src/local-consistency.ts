import assert from "node:assert/strict";
import {
  type ConsistencyService,
  type Datum,
  type DatumKey,
  type DatumListener,
  editedInstances,
  type InstanceChange,
  type Store,
} from "@nacre/core";

/** What a {@link LocalConsistency} is built from. */
export interface LocalConsistencyDependencies {
  readonly store: Store;
}

/**
 * The consistency service of a member without peers: what is put is stored, and then told to the
 * listener.
 */
export class LocalConsistency implements ConsistencyService {
  readonly #store: Store;
  #listener: DatumListener | undefined;

  constructor({ store }: LocalConsistencyDependencies) {
    this.#store = store;
  }

  get(key: DatumKey): Datum | undefined {
    return this.#store.get(key);
  }

  put(key: DatumKey, changes: readonly InstanceChange[]): void {
    const datum = { key, instances: editedInstances(this.get(key)?.instances ?? [], changes) };
    this.#store.put(datum);
    this.#listener?.onPut(datum, changes);
  }

  putValue(key: string, text: string | undefined): void {
    this.#listener?.onValue({ key, version: 0, text });
  }

  /** Removes a datum. The listener hears of it also when nothing was stored under `key`. */
  remove(key: DatumKey): void {
    this.#store.delete(key);
    this.#listener?.onRemove(key);
  }

  listen(listener: DatumListener): void {
    assert(this.#listener === undefined, "there is a listener already");
    this.#listener = listener;
  }
}
