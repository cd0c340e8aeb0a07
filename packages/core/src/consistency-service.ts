import type { InstanceChange } from "./change.ts";
import type { Datum, DatumKey } from "./datum.ts";

/** Takes note of a datum that was put or removed; the last step of the change. */
export interface DatumListener {
  /** `datum` stands now. `changes` say which instances differ, and why. */
  onPut(datum: Datum, changes: readonly InstanceChange[]): void;

  /** Nothing stands under `key` any more. */
  onRemove(key: DatumKey): void;
}

/**
 * Port: the one place where changes of the registry happen, whoever causes them.
 *
 * A write is done when `put` returns: stored in memory, and told to the listener. Peers hear of it
 * later; nothing here waits for one.
 */
export interface ConsistencyService {
  get(key: DatumKey): Datum | undefined;

  /** Replaces a datum as a whole. */
  put(datum: Datum, changes: readonly InstanceChange[]): void;

  /** Removes a datum whose service is gone. The listener is told also when there was none. */
  remove(key: DatumKey): void;

  /** Names the one listener. It is called synchronously, in the order of the writes. */
  listen(listener: DatumListener): void;
}
