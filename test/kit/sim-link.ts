import type { Millis } from "@nacre/core";

/** What a fault does to the messages of one direction between two processes. */
export interface LinkFault {
  /** The share of messages that never arrive; 1 cuts the link. */
  readonly lossRatio?: number;

  /** The share of requests that arrive twice, if their kind allows. */
  readonly doubleRatio?: number;

  /** The share of answers that arrive as garbage. */
  readonly garbageRatio?: number;

  /** How much longer the way takes, half to one and a half of it: messages overtake each other. */
  readonly extraMs?: Millis;
}

/** One direction between two processes, with the faults that act on it now. */
export class SimLink {
  readonly #faults = new Set<LinkFault>();
  lossRatio = 0;
  doubleRatio = 0;
  garbageRatio = 0;
  extraMs: Millis = 0;

  /** Whether messages arrive whole and in time. Arriving twice is no harm that anybody may notice. */
  get isClean(): boolean {
    return this.lossRatio === 0 && this.garbageRatio === 0 && this.extraMs <= EXTRA_MS_CLEAN;
  }

  add(fault: LinkFault): void {
    this.#faults.add(fault);
    this.#sum();
  }

  remove(fault: LinkFault): void {
    this.#faults.delete(fault);
    this.#sum();
  }

  #sum(): void {
    const most = (ratioOf: (fault: LinkFault) => number | undefined): number =>
      Math.max(0, ...[...this.#faults].map((fault) => ratioOf(fault) ?? 0));
    this.lossRatio = most(({ lossRatio }) => lossRatio);
    this.doubleRatio = most(({ doubleRatio }) => doubleRatio);
    this.garbageRatio = most(({ garbageRatio }) => garbageRatio);
    this.extraMs = most(({ extraMs }) => extraMs);
  }
}

/** A way this much longer is still a way in time. */
const EXTRA_MS_CLEAN: Millis = 0;
