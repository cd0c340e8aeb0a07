import { describe, expect, it } from "vitest";
// Not exported: Forwarder alone uses it.
import { CircuitBreaker } from "../src/circuit-breaker.ts";

/** A breaker that has just opened, at 0 ms, and what it told. */
function startOpen() {
  const turns: boolean[] = [];
  const breaker = new CircuitBreaker({ onTurn: (isOpen) => turns.push(isOpen) });
  breaker.end(breaker.begin(0), true, 0);
  return { breaker, turns };
}

/** Lets a probe begin and end at one instant. */
function probe(breaker: CircuitBreaker, isFailed: boolean, nowMs: number): void {
  expect(breaker.allows(nowMs)).toBe(true);
  breaker.end(breaker.begin(nowMs), isFailed, nowMs);
}

describe("CircuitBreaker", () => {
  it("allows attempts while they go well", () => {
    const breaker = new CircuitBreaker();
    const first = breaker.begin(0);
    const second = breaker.begin(100);
    breaker.end(first, false, 400);
    expect(breaker.allows(500)).toBe(true);
    breaker.end(second, false, 600);
    expect([breaker.allows(10_000), breaker.isOpen]).toEqual([true, false]);
  });

  it("opens at the first failure, and tells so once", () => {
    const { breaker, turns } = startOpen();
    expect([breaker.allows(0), breaker.allows(999), breaker.isOpen]).toEqual([false, false, true]);
    expect(turns).toEqual([true]);
  });

  it("opens when the oldest attempt takes too long, though later ones went well", () => {
    const breaker = new CircuitBreaker();
    breaker.begin(0);
    breaker.end(breaker.begin(100), false, 110);
    expect(breaker.allows(500)).toBe(true);
    expect(breaker.allows(501)).toBe(false);
    expect(breaker.isOpen).toBe(true);
  });

  it("opens when an attempt went well too late, though nobody asked meanwhile", () => {
    const breaker = new CircuitBreaker();
    breaker.end(breaker.begin(0), false, 501);
    expect(breaker.allows(502)).toBe(false);
  });

  it("allows one attempt at a time after a while", () => {
    const { breaker } = startOpen();
    expect(breaker.allows(1_000)).toBe(true);
    breaker.begin(1_000);
    expect([breaker.allows(1_000), breaker.allows(1_400)]).toEqual([false, false]);
  });

  it("closes when a probe goes well, and tells so", () => {
    const { breaker, turns } = startOpen();
    probe(breaker, false, 1_000);
    expect([breaker.allows(1_000), breaker.isOpen]).toEqual([true, false]);
    expect(turns).toEqual([true, false]);
  });

  it("waits twice as long after each probe that fails, up to a limit", () => {
    const { breaker, turns } = startOpen();
    let nowMs = 1_000;
    for (const waitMs of [2_000, 4_000, 8_000, 10_000, 10_000]) {
      probe(breaker, true, nowMs);
      expect(breaker.allows(nowMs + waitMs - 1)).toBe(false);
      nowMs += waitMs;
    }
    expect(turns).toEqual([true]);
    // From the beginning after one that went well.
    probe(breaker, false, nowMs);
    breaker.end(breaker.begin(nowMs), true, nowMs);
    expect([breaker.allows(nowMs + 999), breaker.allows(nowMs + 1_000)]).toEqual([false, true]);
  });

  it("takes a probe that is slow for one that fails", () => {
    const { breaker } = startOpen();
    breaker.end(breaker.begin(1_000), false, 1_501);
    expect([breaker.isOpen, breaker.allows(3_500), breaker.allows(3_501)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("does not listen to attempts that are older than its last turn", () => {
    const breaker = new CircuitBreaker();
    const [slow, lost, failed] = [breaker.begin(0), breaker.begin(0), breaker.begin(0)];
    breaker.end(failed, true, 10);
    breaker.end(slow, false, 20);
    expect(breaker.isOpen).toBe(true);
    probe(breaker, false, 1_010);
    expect(breaker.allows(1_600)).toBe(true);
    breaker.end(lost, true, 2_000);
    expect(breaker.isOpen).toBe(false);
  });
});
