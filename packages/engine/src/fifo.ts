const HEAD_MAX = 32;

/** A queue whose `shift` does not get slower with its length, as that of an array does. */
export class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes out the item that came first. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head++];
    if (this.#head > HEAD_MAX && this.#head > this.size) this.#dropHead();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  // Runs when the head is the longer part, so that there is at most one copy for each `shift`.
  #dropHead(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
