/**
 * What an operator of Nacos can change while a member runs (`http-api.md` 5), as far as it has an
 * effect here.
 */
export interface Switches {
  /** How often clients are asked to beat, in milliseconds. */
  readonly clientBeatInterval: number;

  /** How long clients may keep a list before they ask again, in milliseconds. */
  readonly defaultCacheMillis: number;

  /** The same for clients that are pushed to; also how long a subscription lives. */
  readonly defaultPushCacheMillis: number;

  /** Whether clients may leave the instance's data out of their beats. */
  readonly lightBeatEnabled: boolean;

  /** Whether changes are pushed by UDP. */
  readonly pushEnabled: boolean;

  /** Whether silent instances become unhealthy and expire. */
  readonly healthCheckEnabled: boolean;

  /** What an instance is when its registration does not say. */
  readonly defaultInstanceEphemeral: boolean;

  /** The lowest version of each kind of client that is pushed to. */
  readonly pushJavaVersion: string;
  readonly pushGoVersion: string;
  readonly pushPythonVersion: string;
  readonly pushCVersion: string;
  readonly pushCSharpVersion: string;
}

/** The switches of a member that nobody has touched. */
export const defaultSwitches: Switches = {
  clientBeatInterval: 5_000,
  defaultCacheMillis: 3_000,
  defaultPushCacheMillis: 10_000,
  lightBeatEnabled: true,
  pushEnabled: true,
  healthCheckEnabled: true,
  defaultInstanceEphemeral: true,
  pushJavaVersion: "0.1.0",
  pushGoVersion: "0.1.0",
  pushPythonVersion: "0.4.3",
  pushCVersion: "1.0.12",
  pushCSharpVersion: "0.9.0",
};
