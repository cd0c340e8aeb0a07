import { type Clock, systemClock } from "@nacre/core";
import { RecordingLogger } from "@nacre/core/testing";
import { MemoryStore } from "@nacre/store-memory";
import {
  type Config,
  loadSettings,
  PrometheusMeter,
  Server,
  type ServerDependencies,
} from "@nacre/server";

/** The default settings but for `overrides`; the member listens on a free port. */
function configOf(overrides: Partial<Config> = {}): Config {
  const { config } = loadSettings({ flags: {}, environment: {}, folder: import.meta.dirname });
  return { ...config, port: 0, ...overrides };
}

/** A member that has not been started. */
export function memberOf({
  clock = systemClock,
  setup,
  ...overrides
}: Partial<Config> & {
  readonly clock?: Clock;
  readonly setup?: ServerDependencies["setup"] | undefined;
} = {}) {
  const logger = new RecordingLogger();
  const meter = new PrometheusMeter();
  const store = new MemoryStore();
  const dependencies = { clock, logger, store, meter, ...(setup !== undefined && { setup }) };
  const server = new Server(configOf(overrides), dependencies);
  return { server, logger, meter, store };
}
