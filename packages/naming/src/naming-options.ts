import type {
  Beaten,
  Clock,
  ConsistencyService,
  Logger,
  Millis,
  Responsibility,
} from "@nacre/core";
import type { ExpiryBrakeOptions } from "./expiry-brake.ts";
import type { Service } from "./service.ts";

/** What `Naming` is built from. */
export interface NamingDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** Where writes go. `Naming` becomes its listener. */
  readonly consistency: ConsistencyService;
}

/** The settings of `Naming`. */
export interface NamingOptions {
  /** Told after each change of what clients see of a service; the last step of the change. */
  readonly onChange?: (service: Service) => void;

  /**
   * Told of every beat and registration taken here, so that peers hear of it. It is called very often
   * and must cost next to nothing.
   */
  readonly onBeat?: (beaten: Beaten) => void;

  /**
   * Which services this member is responsible for. When what it says changes, `regardResponsibility`
   * has to be called.
   *
   * @defaultValue for all
   */
  readonly responsibility?: Responsibility;

  /**
   * Whether this member serves: it has loaded what there is to know. Before, no service is removed for
   * being empty.
   *
   * @defaultValue always
   */
  readonly isServing?: () => boolean;

  /**
   * How often `check` is called.
   *
   * @defaultValue 500
   */
  readonly sweepIntervalMs?: Millis;

  /**
   * A gap in the process's life longer than the sweep interval plus this counts as a pause.
   *
   * @defaultValue 500
   */
  readonly pauseToleranceMs?: Millis;

  /**
   * Whether silent instances are removed at all.
   *
   * @defaultValue true
   */
  readonly expireInstances?: boolean;

  /** When the brake on mass expiry takes hold. */
  readonly brake?: ExpiryBrakeOptions;

  /**
   * How many changes the history holds.
   *
   * @defaultValue 50_000
   */
  readonly historyMax?: number;

  /**
   * How many services there may be.
   *
   * @defaultValue 500_000
   */
  readonly servicesMax?: number;

  /**
   * How many instances there may be.
   *
   * @defaultValue 1_000_000
   */
  readonly instancesMax?: number;
}
