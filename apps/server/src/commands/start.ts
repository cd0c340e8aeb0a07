import { type Clock, NacreError, systemClock } from "@nacre/core";
import { parseArguments } from "../arguments.ts";
import { loadSettings } from "../settings/load-settings.ts";
import { settingFlags } from "../settings/setting-flags.ts";
import type { Settings } from "../settings/settings.ts";
import { type ExitCode, exitCodes, type Shell } from "../shell.ts";
import type { RunningMember } from "../start-member.ts";

/** What `nacre start` runs, replaced in tests. */
export interface StartDependencies {
  readonly clock: Clock;
  readonly startMember: (settings: Settings) => Promise<RunningMember>;
}

/** A member that takes longer to stop is left as it is. */
const stopMaxMs = 1_900;

/**
 * `nacre start`: runs a member until a signal, or until somebody asks it to leave.
 *
 * The first signal stops the member, also while it starts; the second ends the process at once.
 */
export async function start(
  args: readonly string[],
  shell: Shell,
  { clock, startMember }: StartDependencies = defaultDependencies,
): Promise<ExitCode> {
  const { flags } = parseArguments(args, settingFlags, 0);
  const settings = loadSettings({ flags, environment: shell.environment, folder: shell.folder });
  const starting = startMember(settings).catch(rethrowInOneLine);
  const asked = starting.then(({ askedToLeave }) => askedToLeave);
  const toStop = Promise.race([firstSignal(shell), asked]);
  const stopInTime = (): void => {
    clock.schedule(stopMaxMs, () => shell.exit(exitCodes.ok));
  };
  // When the start fails, so does the next line.
  toStop.then(stopInTime, () => undefined);
  const member = await starting;
  await toStop;
  await member.stop();
  shell.exit(exitCodes.ok);
  return exitCodes.ok;
}

/**
 * Settles with the first signal to stop; the second ends the process. Who was asked to leave and is on
 * its way may still get its first one: whoever asks may then send it, as Kubernetes does.
 */
function firstSignal(shell: Shell): Promise<void> {
  return new Promise((resolve) => {
    let signalCount = 0;
    shell.onStopSignal(() => {
      signalCount++;
      if (signalCount > 1) shell.exit(exitCodes.failed);
      else resolve();
    });
  });
}

const defaultDependencies: StartDependencies = {
  clock: systemClock,
  // Not at the top: the other commands answer without loading a server.
  startMember: async (settings) => (await import("../start-member.ts")).startMember(settings),
};

/** What the operating system refuses needs no stack; anything else is a mistake of ours. */
function rethrowInOneLine(error: unknown): never {
  if (error instanceof Error && "syscall" in error) {
    throw new NacreError("START_FAILED", error.message, { cause: error });
  }
  throw error;
}
