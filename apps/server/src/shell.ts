/** What a command sees of the process that it runs in. */
export interface Shell {
  readonly environment: Readonly<Record<string, string | undefined>>;

  /** The folder that relative paths start from. */
  readonly folder: string;

  /** Writes one line to standard output. */
  print(line: string): void;

  /** Writes one line to standard error. */
  complain(line: string): void;

  /** Calls `listener` at every signal to stop. */
  onStopSignal(listener: () => void): void;

  /** Ends the process now. */
  exit(code: number): void;
}

/** A command line that cannot be read; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How a command ended; the exit code of the process. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
