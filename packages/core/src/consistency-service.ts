import type { InstanceChange } from "./change.ts";
import type { Millis } from "./clock.ts";
import type { ValueDatum } from "./datum-copy.ts";
import type { Datum, DatumKey } from "./datum.ts";
import type { InstanceKey } from "./instance.ts";
import type { Version } from "./versions.ts";

/**
 * Takes note of data that were put or removed, the last step of the change; and knows of beats, which
 * are no part of the data.
 */
export interface DatumListener {
  /** Whether data of a peer under this key can be taken: the name is legal, and there is room. */
  mayTake(key: DatumKey): boolean;

  /** `datum` stands now. `changes` say which instances differ, and why. */
  onPut(datum: Datum, changes: readonly InstanceChange[]): void;

  /** Nothing stands under `key` any more. */
  onRemove(key: DatumKey): void;

  /** `value` stands now; without a text it is deleted. */
  onValue(value: ValueDatum): void;

  /** A peer heard a beat of this instance `silenceMs` ago. */
  onBeat(key: DatumKey, instanceKey: InstanceKey, silenceMs: Millis): void;

  /** For how long no beat of it was heard by anybody who told us; `undefined`: none ever was. */
  silenceMsOf(key: DatumKey, instanceKey: InstanceKey): Millis | undefined;

  /** Whether a beat was heard so lately that a claim of its silence is wrong. */
  isAlive(key: DatumKey, instanceKey: InstanceKey): boolean;
}

/**
 * Port: the one place where changes of the registry happen, whoever causes them.
 *
 * A write is done when `put` returns: stored in memory, and told to the listener. Peers hear of it
 * later; nothing here waits for one.
 */
export interface ConsistencyService {
  get(key: DatumKey): Datum | undefined;

  /**
   * Changes instances of a datum. Each `after` is stored with a version of its own, so the listener
   * hears of changes other than those given here.
   *
   * @param acceptedAs the version at which another member accepted the write and passed it on. What
   *   was removed by a later write stays removed.
   */
  put(key: DatumKey, changes: readonly InstanceChange[], acceptedAs?: Version): void;

  /** Removes a datum whose service is gone, here only. The listener is told also when there was none. */
  remove(key: DatumKey): void;

  /** Sets the text of a datum of another kind; `undefined` deletes it. */
  putValue(key: string, text: string | undefined): void;

  /** Names the one listener. It is called synchronously, in the order of the writes. */
  listen(listener: DatumListener): void;
}
