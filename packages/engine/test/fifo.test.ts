import { describe, expect, it } from "vitest";
// By path: the queue is not exported.
import { Fifo } from "../src/fifo.ts";

describe("Fifo", () => {
  it("gives items back in the order they came, while others come", () => {
    const fifo = new Fifo<number>();
    const taken: (number | undefined)[] = [];
    for (let index = 0; index < 1_000; index++) {
      fifo.push(index);
      if (index % 3 !== 0) taken.push(fifo.shift());
    }
    while (fifo.size > 0) taken.push(fifo.shift());

    expect(taken).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it("is empty when all has been taken", () => {
    const fifo = new Fifo<string>();
    expect(fifo.shift()).toBeUndefined();
    fifo.push("a");
    expect(fifo.size).toBe(1);
    expect(fifo.shift()).toBe("a");
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.size).toBe(0);
  });

  it("forgets its items when cleared", () => {
    const fifo = new Fifo<string>();
    fifo.push("a");
    fifo.push("b");
    fifo.shift();
    fifo.clear();

    expect(fifo.size).toBe(0);
    expect(fifo.shift()).toBeUndefined();
  });
});
