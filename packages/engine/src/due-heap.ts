import type { Millis } from "@nacre/core";

/** What a {@link DueHeap} keeps in order. The heap itself sets `order` and `place`. */
export interface DueItem {
  /** May be lowered while the item is in the heap, if {@link DueHeap.rise} is called right after. */
  dueAtMs: Millis;

  /** Counts insertions, so that items due at the same instant come out in the order they came. */
  order: number;

  /** Where in the heap the item is, so that it can be moved and deleted without a search. */
  place: number;
}

/** A binary heap with the earliest due instant first. Each change costs O(log size) steps. */
export class DueHeap<Item extends DueItem> {
  readonly #items: Item[] = [];
  #orderNext = 0;

  /** The item that is due first. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  insert(item: Item): void {
    item.order = this.#orderNext++;
    this.#put(item, this.#items.length);
    this.rise(item);
  }

  /** Deletes an item that is in the heap. */
  delete(item: Item): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#put(last, item.place);
    this.rise(last);
    this.#sink(last);
  }

  /** Moves an item up to where it belongs after its `dueAtMs` was lowered. */
  rise(item: Item): void {
    while (item.place > 0) {
      const parent = this.#at((item.place - 1) >> 1);
      if (precedes(parent, item)) return;
      this.#swap(parent, item);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const child = this.#firstChildOf(item);
      if (child === undefined || precedes(item, child)) return;
      this.#swap(item, child);
    }
  }

  #firstChildOf(item: Item): Item | undefined {
    const left = this.#items[2 * item.place + 1];
    const right = this.#items[2 * item.place + 2];
    if (left === undefined || right === undefined) return left;
    return precedes(left, right) ? left : right;
  }

  #swap(a: Item, b: Item): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #at(place: number): Item {
    return this.#items[place] as Item;
  }
}

/** Whether `a` is due before `b`, or at the same instant and came first. */
export function precedes(a: DueItem, b: DueItem): boolean {
  return a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.order < b.order);
}
