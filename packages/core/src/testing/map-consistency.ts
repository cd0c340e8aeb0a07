import type { InstanceChange } from "../change.ts";
import type { ConsistencyService, DatumListener } from "../consistency-service.ts";
import type { Datum, DatumKey } from "../datum.ts";
import { editedInstances } from "../edited-instances.ts";

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

  put(key: DatumKey, changes: readonly InstanceChange[]): void {
    this.#putCount++;
    const versioned = changes.map((change) =>
      change.after === undefined
        ? change
        : { ...change, after: { ...change.after, version: this.#putCount } },
    );
    const instances = editedInstances(this.data.get(key)?.instances ?? [], versioned);
    const datum = { key, instances };
    this.data.set(key, datum);
    this.#listener?.onPut(datum, versioned);
  }

  putValue(key: string, text: string | undefined): void {
    this.#putCount++;
    this.#listener?.onValue({ key, version: this.#putCount, text });
  }

  remove(key: DatumKey): void {
    this.data.delete(key);
    this.#listener?.onRemove(key);
  }

  listen(listener: DatumListener): void {
    this.#listener = listener;
  }
}
