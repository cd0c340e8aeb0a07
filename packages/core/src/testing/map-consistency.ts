import type { InstanceChange } from "../change.ts";
import type { ConsistencyService, DatumListener } from "../consistency-service.ts";
import type { Datum, DatumKey } from "../datum.ts";

/** A consistency service without peers: data rest in a map, and its listener is told of them. */
export class MapConsistency implements ConsistencyService {
  /** What was put and not removed. */
  readonly data: Map<DatumKey, Datum> = new Map();
  #putCount = 0;
  #listener: DatumListener | undefined;

  /** How often something was put. */
  get putCount(): number {
    return this.#putCount;
  }

  get(key: DatumKey): Datum | undefined {
    return this.data.get(key);
  }

  put(datum: Datum, changes: readonly InstanceChange[]): void {
    this.#putCount++;
    this.data.set(datum.key, datum);
    this.#listener?.onPut(datum, changes);
  }

  remove(key: DatumKey): void {
    this.data.delete(key);
    this.#listener?.onRemove(key);
  }

  listen(listener: DatumListener): void {
    this.#listener = listener;
  }
}
