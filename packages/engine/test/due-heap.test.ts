import { describe, expect, it } from "vitest";
// By path: the heap is not exported, but its cost is a promise of the engine.
import { DueHeap, type DueItem } from "../src/due-heap.ts";

function itemDueAt(dueAtMs: number): DueItem {
  return { dueAtMs, order: 0, place: 0 };
}

/** Numbers that look thrown together, the same each time. */
function scattered(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7_919) % count);
}

function takeAll(heap: DueHeap<DueItem>): number[] {
  const instants = [];
  for (let item = heap.first; item !== undefined; item = heap.first) {
    heap.delete(item);
    instants.push(item.dueAtMs);
  }
  return instants;
}

describe("DueHeap", () => {
  it("gives items back in the order of their due instants", () => {
    const heap = new DueHeap<DueItem>();
    for (const dueAtMs of scattered(1_000)) heap.insert(itemDueAt(dueAtMs));

    expect(takeAll(heap)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it("keeps its order when items are deleted anywhere", () => {
    const heap = new DueHeap<DueItem>();
    const items = scattered(1_000).map(itemDueAt);
    for (const item of items) heap.insert(item);
    for (const item of items.filter(({ dueAtMs }) => dueAtMs % 3 !== 0)) heap.delete(item);

    expect(takeAll(heap)).toEqual(Array.from({ length: 334 }, (_, index) => 3 * index));
  });

  it("keeps its order when due instants are lowered", () => {
    const heap = new DueHeap<DueItem>();
    const items = scattered(1_000).map(itemDueAt);
    for (const item of items) heap.insert(item);
    for (const item of items.filter(({ dueAtMs }) => dueAtMs % 2 === 0)) {
      item.dueAtMs -= 10_000;
      heap.rise(item);
    }

    const instants = takeAll(heap);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    expect(instants).toHaveLength(1_000);
  });

  it("looks at about log2(size) items per change, at 20,000 items", () => {
    let reads = 0;
    const heap = new DueHeap<DueItem>();
    for (const dueAtMs of scattered(20_000)) {
      heap.insert({
        ...itemDueAt(0),
        get dueAtMs() {
          return (reads++, dueAtMs);
        },
      });
    }
    expect(reads / 20_000).toBeLessThan(2 * 2 * Math.log2(20_000));

    reads = 0;
    for (let item = heap.first; item !== undefined; item = heap.first) heap.delete(item);
    expect(reads / 20_000).toBeLessThan(2 * 4 * Math.log2(20_000));
  });
});
