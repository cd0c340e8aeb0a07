import type { Datum, DatumKey } from "./datum.ts";

/**
 * Port: a member's own memory of data. It is never the way members talk to each other.
 *
 * Every call is synchronous and answers from memory.
 */
export interface Store {
  /** How many data it holds. */
  readonly size: number;

  /** The datum last put under `key`. */
  get(key: DatumKey): Datum | undefined;

  /** Replaces what stands under `datum.key`. The value is kept as given, not copied. */
  put(datum: Datum): void;

  /** Forgets `key`. @returns whether there was anything to forget */
  delete(key: DatumKey): boolean;

  /** All data, each key once, in no particular order. A write meanwhile may or may not be seen. */
  data(): Iterable<Datum>;
}
