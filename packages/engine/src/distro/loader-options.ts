import type { Clock, Logger, Millis, Transport } from "@nacre/core";
import type { RepairData, RepairMembers } from "./repair-ports.ts";

/** What a `Loader` is built from. */
export interface LoaderDependencies {
  readonly clock: Clock;

  /** Told at info when the load begins and ends, at warn when it cannot go on. */
  readonly logger: Logger;
  readonly transport: Transport;
  readonly data: RepairData;
  readonly membership: RepairMembers;
}

/** How long a `Loader` waits for what. */
export interface LoaderOptions {
  /** Called when this member has loaded, and each time it has loaded anew. */
  readonly onLoaded?: () => void;

  /**
   * How long to wait before the peers are asked again.
   *
   * @defaultValue 1_000
   */
  readonly loadRetryDelayMs?: Millis;

  /**
   * When nobody has anything to load from, after which time of taking beats the member serves: two
   * beat intervals.
   *
   * @defaultValue 10_000
   */
  readonly coldStartMs?: Millis;

  /**
   * How long a kind of peers may fail, all of them, while everything was loaded from those of the
   * other kind, before the member serves without them.
   *
   * @defaultValue 30_000
   */
  readonly loadGiveUpMs?: Millis;

  /**
   * How many keys one request for data names at most.
   *
   * @defaultValue 500
   */
  readonly fetchKeysMax?: number;

  /**
   * How many data of a snapshot are taken over in one turn of the event loop.
   *
   * @defaultValue 500
   */
  readonly sliceMax?: number;
}

/** What holds where nothing else is said. */
export const defaultLoaderOptions: Required<LoaderOptions> = {
  onLoaded: () => undefined,
  loadRetryDelayMs: 1_000,
  coldStartMs: 10_000,
  loadGiveUpMs: 30_000,
  fetchKeysMax: 500,
  sliceMax: 500,
};
