import { accessSync, constants, mkdirSync } from "node:fs";
import { type Logger, NacreError, systemClock } from "@nacre/core";
import { MemoryStore } from "@nacre/store-memory";
import { memberLogger } from "./member-logger.ts";
import { memberSetup, type MemberSetup } from "./members/member-setup.ts";
import { PrometheusMeter } from "./prometheus-meter.ts";
import { Server } from "./server.ts";
import type { Settings } from "./settings/settings.ts";
import { packageVersion } from "./version.ts";

/** A member that serves. */
export interface RunningMember {
  /** Where it listens, `host:port`. */
  readonly address: string;

  /** Settles when somebody has asked it to leave. Whoever runs it then stops it. */
  readonly askedToLeave: Promise<void>;

  /** Stops it, answering what is in flight. */
  stop(): Promise<void>;
}

/**
 * Runs a member of this machine.
 *
 * @param logger where log lines go; by default to standard output as the settings say
 * @throws {@link NacreError} `START_FAILED` when a port or the data folder cannot be had; what
 *   `memberSetup` throws.
 */
export async function startMember(
  settings: Settings,
  logger: Logger = memberLogger(settings.config),
): Promise<RunningMember> {
  const { config, origins, notices } = settings;
  // The store of this version writes nothing; whoever names a folder shall know that it works.
  if (origins.dataDir.kind !== "default") requireFolder(config.dataDir);
  const store = new MemoryStore();
  const clock = systemClock;
  const setup = await memberSetup(settings, { clock, logger: logger.child({ module: "members" }) });
  const meter = new PrometheusMeter();
  let onLeave = (): void => undefined;
  const askedToLeave = new Promise<void>((resolve) => {
    onLeave = resolve;
  });
  const server = new Server(config, { clock, logger, store, setup, meter, onLeave });
  const address = await server.start();
  announce(logger, address, settings, setup);
  for (const { level, message, fields } of notices) logger[level](fields, message);
  return {
    address,
    askedToLeave,
    stop: async () => {
      logger.info("stopping");
      await server.stop();
      logger.info("stopped");
    },
  };
}

function announce(
  logger: Logger,
  address: string,
  { config }: Settings,
  { isAlone, self, addresses }: MemberSetup,
): void {
  const fields = {
    url: `http://${address}${config.contextPath}`,
    mode: isAlone ? "standalone" : "cluster",
    ...(!isAlone && { self, members: addresses }),
    store: config.store,
    version: packageVersion(),
    pid: process.pid,
  };
  const message = isLoopback(address)
    ? "the member listens on loopback, only this machine reaches it; --host 0.0.0.0 opens it"
    : "the member listens";
  logger.info(fields, message);
}

function isLoopback(address: string): boolean {
  return /^(127\.|localhost:|\[::1\])/.test(address);
}

function requireFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const message = `the data folder ${path} is not writable${code}`;
    throw new NacreError("START_FAILED", message, { cause: error });
  }
}
