/** Port: where chance comes from. Nothing else in Nacre draws a random number. */
export interface Random {
  /** A number from 0, inclusive, to 1, exclusive. Not for secrets. */
  next(): number;
}

/** The engine's own source of random numbers. */
export const systemRandom: Random = { next: () => Math.random() };
