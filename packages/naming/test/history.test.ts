import { History, type HistoryEntry } from "@nacre/naming";
import { describe, expect, it } from "vitest";

function entryOf(atMs: number, changes: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    atMs,
    namespaceId: "public",
    serviceName: "DEFAULT_GROUP@@orders",
    clusterName: "DEFAULT",
    ip: "10.0.0.1",
    port: 8080,
    cause: "registered",
    detail: "",
    ...changes,
  };
}

function historyWith(entriesMax: number, entries: readonly HistoryEntry[]) {
  const history = new History({ entriesMax });
  for (const entry of entries) history.add(entry);
  return history;
}

const countUp = (count: number) => Array.from({ length: count }, (_, index) => entryOf(index));

describe("History", () => {
  it("knows nothing at first", () => {
    const history = new History({ entriesMax: 3 });
    expect(history.find({ countMax: 10 })).toEqual({
      entries: [],
      droppedCount: 0,
      oldestMs: null,
    });
    expect(history.size).toBe(0);
  });

  it("gives the changes oldest first", () => {
    const history = historyWith(5, countUp(3));
    const { entries, droppedCount, oldestMs } = history.find({ countMax: 10 });
    expect(entries.map(({ atMs }) => atMs)).toEqual([0, 1, 2]);
    expect([droppedCount, oldestMs]).toEqual([0, 0]);
  });

  it.each([3, 4, 5, 7, 11])("forgets the oldest of %i beyond its limit, and says so", (count) => {
    const history = historyWith(3, countUp(count));
    const { entries, droppedCount, oldestMs } = history.find({ countMax: 10 });
    expect(entries.map(({ atMs }) => atMs)).toEqual([count - 3, count - 2, count - 1]);
    expect([droppedCount, oldestMs, history.size]).toEqual([count - 3, count - 3, 3]);
  });

  it("gives the latest ones when fewer are asked for", () => {
    const history = historyWith(5, countUp(7));
    expect(history.find({ countMax: 2 }).entries.map(({ atMs }) => atMs)).toEqual([5, 6]);
    expect(history.find({ countMax: 0 }).entries).toEqual([]);
  });

  it("finds by namespace, service, address and time, and by all of them at once", () => {
    const history = historyWith(10, [
      entryOf(0),
      entryOf(1, { namespaceId: "other" }),
      entryOf(2, { serviceName: "DEFAULT_GROUP@@users" }),
      entryOf(3, { ip: "10.0.0.2" }),
      entryOf(4, { port: 0 }),
      entryOf(5),
    ]);
    const found = (query: Partial<Parameters<History["find"]>[0]>) =>
      history.find({ countMax: 10, ...query }).entries.map(({ atMs }) => atMs);
    expect(found({ namespaceId: "other" })).toEqual([1]);
    expect(found({ serviceName: "DEFAULT_GROUP@@users" })).toEqual([2]);
    expect(found({ ip: "10.0.0.2" })).toEqual([3]);
    expect(found({ port: 0 })).toEqual([4]);
    expect(found({ fromMs: 4 })).toEqual([4, 5]);
    expect(found({ namespaceId: "public", ip: "10.0.0.1", port: 8080, fromMs: 1 })).toEqual([2, 5]);
    expect(found({ ip: "10.0.0.3" })).toEqual([]);
  });

  it("keeps nothing when told to, and still counts", () => {
    const history = historyWith(0, countUp(3));
    expect(history.find({ countMax: 10 })).toEqual({
      entries: [],
      droppedCount: 3,
      oldestMs: null,
    });
  });

  it("cuts texts that are longer than any client's", () => {
    const entry = { ...entryOf(1), ip: "é".repeat(100_000) };
    const [kept] = historyWith(2, [entry]).find({ countMax: 1 }).entries;
    expect(kept).toEqual({ ...entry, ip: "é".repeat(512) });
  });
});
