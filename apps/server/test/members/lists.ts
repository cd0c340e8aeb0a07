import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

/** How long a change may take to be seen. Far more than it does, for machines that are busy. */
const WITHIN_MS = 10_000;

/** Keeps the lists that a lookup tells of. */
export class Lists {
  readonly all: (readonly string[])[] = [];

  /** What the lookup is given. */
  readonly take = (addresses: readonly string[]): void => {
    this.all.push(addresses);
  };

  /** Resolves when the newest list is this one. */
  async until(addresses: readonly string[]): Promise<void> {
    await eventually(() => this.all.at(-1), addresses);
  }
}

/** Resolves when `read` returns what is expected. */
export async function eventually(read: () => unknown, expected: unknown): Promise<void> {
  await expect.poll(read, { timeout: WITHIN_MS, interval: 10 }).toEqual(expected);
}

/** A folder for one test. */
export function makeFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "nacre-members-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
