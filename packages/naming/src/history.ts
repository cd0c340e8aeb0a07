import assert from "node:assert/strict";
import type { CauseKind, Millis } from "@nacre/core";

/** One change of one instance. */
export interface HistoryEntry {
  /** Wall clock, milliseconds since the epoch. */
  readonly atMs: Millis;
  readonly namespaceId: string;

  /** The grouped name. */
  readonly serviceName: string;
  readonly clusterName: string;
  readonly ip: string;
  readonly port: number;
  readonly cause: CauseKind;
  readonly detail: string;
}

/** Which changes to look for; what is left out matches everything. */
export interface HistoryQuery {
  readonly namespaceId?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly ip?: string | undefined;
  readonly port?: number | undefined;

  /** Only changes at or after this instant, milliseconds since the epoch. */
  readonly fromMs?: Millis | undefined;

  /** How many to give at most: the latest ones. */
  readonly countMax: number;
}

/** What a {@link HistoryQuery} finds. */
export interface HistoryAnswer {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];

  /** How many changes were forgotten since the start to stay within the limit. */
  readonly droppedCount: number;

  /** The oldest change still known, of any service; `null` when there is none. */
  readonly oldestMs: Millis | null;
}

/**
 * The last changes of the registry, so that somebody can ask why an instance went away.
 *
 * It holds at most `entriesMax` of them; adding one costs the same however many there are.
 */
export class History {
  readonly #entriesMax: number;
  readonly #ring: HistoryEntry[] = [];
  #next = 0;
  #addedCount = 0;

  constructor({ entriesMax }: { readonly entriesMax: number }) {
    assert(entriesMax >= 0);
    this.#entriesMax = entriesMax;
  }

  /** How many changes it holds. */
  get size(): number {
    return this.#ring.length;
  }

  /** Adds a change. Of names and addresses that no client of good will sends, the end is cut off. */
  add(entry: HistoryEntry): void {
    this.#addedCount++;
    if (this.#entriesMax === 0) return;
    this.#ring[this.#next] = isShort(entry) ? entry : shortened(entry);
    this.#next = (this.#next + 1) % this.#entriesMax;
  }

  find(query: HistoryQuery): HistoryAnswer {
    const entries: HistoryEntry[] = [];
    for (let back = 1; back <= this.#ring.length && entries.length < query.countMax; back++) {
      const entry = this.#at(back);
      if (matches(entry, query)) entries.push(entry);
    }
    return {
      entries: entries.reverse(),
      droppedCount: this.#addedCount - this.#ring.length,
      oldestMs: this.#ring.length === 0 ? null : this.#at(this.#ring.length).atMs,
    };
  }

  // `back` 1 is the latest.
  #at(back: number): HistoryEntry {
    const entry = this.#ring[(this.#next - back + this.#ring.length) % this.#ring.length];
    assert(entry !== undefined);
    return entry;
  }
}

// A name may be as long as a request; tens of thousands of those must not stay in memory.
const TEXT_LENGTH_MAX = 2_048;

function isShort({ namespaceId, serviceName, clusterName, ip }: HistoryEntry): boolean {
  const length = namespaceId.length + serviceName.length + clusterName.length + ip.length;
  return length <= TEXT_LENGTH_MAX;
}

function shortened(entry: HistoryEntry): HistoryEntry {
  const { namespaceId, serviceName, clusterName, ip } = entry;
  return {
    ...entry,
    namespaceId: cut(namespaceId),
    serviceName: cut(serviceName),
    clusterName: cut(clusterName),
    ip: cut(ip),
  };
}

// A copy: a mere slice would keep the long text alive.
function cut(text: string): string {
  return Buffer.from(text.slice(0, TEXT_LENGTH_MAX / 4), "utf16le").toString("utf16le");
}

function matches(entry: HistoryEntry, query: HistoryQuery): boolean {
  return (
    (query.namespaceId === undefined || entry.namespaceId === query.namespaceId) &&
    (query.serviceName === undefined || entry.serviceName === query.serviceName) &&
    (query.ip === undefined || entry.ip === query.ip) &&
    (query.port === undefined || entry.port === query.port) &&
    (query.fromMs === undefined || entry.atMs >= query.fromMs)
  );
}
