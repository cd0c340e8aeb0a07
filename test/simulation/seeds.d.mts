import type { SeedOptions, SeedResult } from "../kit/sim-seed.ts";

/** Builds what the threads run, and whatever of the packages has changed since the last time. */
export function build(): void;

/** Runs `count` seeds from `from` on, on several threads. */
export function runSeeds(options: {
  readonly from: number;
  readonly count: number;
  readonly options?: Omit<SeedOptions, "seed" | "print">;
  readonly threads?: number;

  /** Told of each seed; when it returns false, no further ones are begun. */
  readonly onResult: (result: SeedResult) => boolean;
}): Promise<void>;
