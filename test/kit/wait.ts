import { performance } from "node:perf_hooks";
import { setTimeout as timer } from "node:timers/promises";

/** Monotonic milliseconds, for ages and deadlines within one process. */
export function nowMs(): number {
  return performance.now();
}

/** Resolves after `durationMs`. For pauses that are part of what is tested, not for waiting. */
export async function pause(durationMs: number): Promise<void> {
  await timer(durationMs);
}

/** How long {@link eventually} tries, and how often. */
export interface EventuallyOptions {
  readonly withinMs: number;
  /** @defaultValue 25 */
  readonly everyMs?: number;
}

/**
 * Runs `probe` until it does not throw, and hands on what it returns.
 *
 * @throws what the last probe threw, once `withinMs` have passed
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { withinMs, everyMs = 25 }: EventuallyOptions,
): Promise<T> {
  const deadlineMs = nowMs() + withinMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (nowMs() + everyMs > deadlineMs) throw error;
    }
    await timer(everyMs);
  }
}

/** Settles as `work` does, or rejects with `what` in the message when that takes too long. */
export async function within<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  const stop = new AbortController();
  const late = timer(limitMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`${what}: not within ${limitMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}

/** Runs `work` for each item, at most `limit` at a time, and keeps the order of the results. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
