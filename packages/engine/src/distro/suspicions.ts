import type { Datum, DatumKey, Millis } from "@nacre/core";

/** A datum that the responsible peer did not have when it was asked for it. */
export interface Suspicion {
  /** What was held here then. */
  readonly datum: Datum;

  /** When that was. */
  readonly sinceMs: Millis;
}

/** Data that one responsible peer did not name, nor had when it was asked for them. */
export interface Suspicions {
  /** The members that counted then, as one text. */
  readonly view: string;
  readonly byKey: ReadonlyMap<DatumKey, Suspicion>;
}

/** No suspicion at all. */
export const noSuspicions: Suspicions = { view: "", byKey: new Map() };

/** What {@link nextSuspicions} goes by. */
export interface SuspicionRound {
  readonly before: Suspicions;

  /** The members that count now, as one text. */
  readonly view: string;

  /** What the peer did not name, nor had when it was asked for it; and what of it is held here. */
  readonly absent: ReadonlyMap<DatumKey, Datum>;
  readonly nowMs: Millis;

  /** How old a suspicion must be to be confirmed. The same message may arrive twice. */
  readonly confirmAfterMs: Millis;
}

/**
 * What follows from one round with the responsible peer (`distro.md` 5.4).
 *
 * A peer that has just started, or that shares services out differently for a moment, names too little.
 * So what is missing is only suspected, and given up when the peer, asked for that key, had nothing in
 * two rounds in a row, while nobody changed it here and the same members counted.
 */
export function nextSuspicions(round: SuspicionRound): {
  readonly suspicions: Suspicions;
  readonly confirmed: readonly DatumKey[];
} {
  const { before, view, absent, nowMs, confirmAfterMs } = round;
  const suspected = before.view === view ? before.byKey : noSuspicions.byKey;
  const byKey = new Map<DatumKey, Suspicion>();
  const confirmed: DatumKey[] = [];
  for (const [key, datum] of absent) {
    const older = suspected.get(key);
    const suspicion = older?.datum === datum ? older : { datum, sinceMs: nowMs };
    const isConfirmed = suspicion === older && nowMs - suspicion.sinceMs >= confirmAfterMs;
    if (isConfirmed) confirmed.push(key);
    else byKey.set(key, suspicion);
  }
  return { suspicions: { view, byKey }, confirmed };
}
