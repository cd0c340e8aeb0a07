import type { Shell } from "../src/shell.ts";

/** A shell that remembers what a command does to it. */
export interface RecordingShell extends Shell {
  readonly printed: string[];
  readonly complaints: string[];
  readonly exits: number[];

  /** Sends a signal to stop. */
  signal(): void;
}

/** A shell without environment, in a folder without files. */
export function recordingShell(overrides: Partial<Shell> = {}): RecordingShell {
  const printed: string[] = [];
  const complaints: string[] = [];
  const exits: number[] = [];
  const listeners: (() => void)[] = [];
  return {
    environment: {},
    folder: import.meta.dirname,
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
    onStopSignal: (listener) => void listeners.push(listener),
    exit: (code) => void exits.push(code),
    printed,
    complaints,
    exits,
    signal: () => listeners.forEach((listener) => listener()),
    ...overrides,
  };
}
