import type { Millis } from "@nacre/core";
import type { Lease } from "./lease.ts";

/**
 * Leases by the time slot in which they must be looked at.
 *
 * A beat does not touch it: the lease stays in its slot, and when the slot comes up and the deadline
 * has moved on, so does the lease. Each lease is thus looked at about once per time-out, however
 * often it beats, and only slots that are due are looked at.
 */
export class DeadlineWheel {
  readonly #slotMs: Millis;
  readonly #slots = new Map<number, Lease[]>();
  #dueSlot: number;
  #nextSlot: number;

  constructor({ slotMs, nowMs }: { readonly slotMs: Millis; readonly nowMs: Millis }) {
    this.#slotMs = slotMs;
    this.#dueSlot = Math.floor(nowMs / slotMs);
    this.#nextSlot = this.#dueSlot;
  }

  /**
   * Puts a lease where its deadline is, or at `atMs`; where it stood before becomes outdated. One
   * whose deadline is past waits for the next slot, one whose deadline is far is looked at earlier.
   */
  place(lease: Lease, atMs: Millis = lease.deadlineMs): void {
    const deadlineSlot = Math.floor(atMs / this.#slotMs) + 1;
    // Never a slot that is being emptied: the same leases could fill it for ever.
    const lastSlot = this.#nextSlot + SLOTS_AHEAD_MAX;
    const slot = Math.min(Math.max(deadlineSlot, this.#nextSlot), lastSlot);
    if (lease.slot === slot) return;
    lease.slot = slot;
    const leases = this.#slots.get(slot);
    if (leases === undefined) this.#slots.set(slot, [lease]);
    else leases.push(lease);
  }

  /** Takes a lease out. */
  remove(lease: Lease): void {
    lease.slot = -1;
  }

  /**
   * Takes out up to `countMax` leases whose slot is due at `nowMs`. The caller looks at each and
   * places it again, or not.
   */
  takeDue(nowMs: Millis, countMax: number): readonly Lease[] {
    const due: Lease[] = [];
    const lastSlot = Math.floor(nowMs / this.#slotMs);
    this.#nextSlot = lastSlot + 1;
    while (this.#dueSlot <= lastSlot && due.length < countMax) {
      const leases = this.#slots.get(this.#dueSlot);
      while (leases !== undefined && leases.length > 0 && due.length < countMax) {
        const lease = leases.pop();
        if (lease?.slot !== this.#dueSlot) continue;
        lease.slot = -1;
        due.push(lease);
      }
      if (leases !== undefined && leases.length > 0) return due;
      this.#slots.delete(this.#dueSlot);
      this.#dueSlot++;
    }
    return due;
  }
}

// What is outdated stays in memory until its slot comes up. That must not take for ever, whatever
// time-outs instances ask for.
const SLOTS_AHEAD_MAX = 1_200;
