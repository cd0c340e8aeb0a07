import type { Millis } from "@nacre/core";
import type { Packet } from "./packet.ts";
import type { Target } from "./target.ts";

/** The limits of {@link PendingPushes}; see `UdpPusherOptions`. */
export interface PendingPushesOptions {
  readonly ackTimeoutMs: Millis;
  readonly pendingMax: number;
  readonly pendingBytesMax: number;
}

/** The latest packet that was sent to a subscriber and is not acknowledged. */
export interface PendingPush {
  readonly key: string;
  readonly target: Target;
  readonly packet: Packet;
  readonly sentAtMs: Millis;

  /** Whether it is not to be sent again: it was already, or there is newer. */
  isFinal: boolean;
  dueAtMs: Millis;

  /**
   * The oldest packet that this one and those in between replaced, and that is not acknowledged
   * either. A service that changes faster than acknowledgements travel is judged by it.
   */
  witness: Witness | undefined;
}

interface Witness {
  readonly ackKey: string;
  readonly sentAtMs: Millis;
  readonly pushedAtMs: Millis;
}

/** What became of an {@link PendingPushes.add}. */
export type AddOutcome = "added" | "full" | "sameTarget";

/**
 * The packets that wait for an acknowledgement: the latest one per subscriber and service, in the
 * order they are due.
 */
export class PendingPushes {
  readonly #options: PendingPushesOptions;
  readonly #pushes = new Map<string, PendingPush>();

  /** By sender and number. A push that has a witness is found by both numbers. */
  readonly #byAck = new Map<string, PendingPush>();

  /** How many pushes share a packet. */
  readonly #uses = new Map<Packet, number>();

  /** How many bytes their packets have, shared ones counted once. */
  #bytes = 0;

  constructor(options: PendingPushesOptions) {
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#pushes.size;
  }

  /**
   * Waits for a packet that is about to be sent, in place of the one that waits under its key.
   *
   * @param onSilent told when the target has acknowledged neither the packet that is replaced nor
   *   those before it for as long as it takes to give a push up
   * @returns `sameTarget` when the very packet goes to that target under another key, `full` when
   *   there is no room; in both cases nothing waits under the key
   */
  add(
    { key, target, packet }: Pick<PendingPush, "key" | "target" | "packet">,
    nowMs: Millis,
    onSilent: (target: Target) => void,
  ): AddOutcome {
    const replaced = this.#pushes.get(key);
    if (replaced !== undefined) this.remove(replaced);
    const ackKey = ackKeyOf(target, packet.lastRefTime);
    if (this.#byAck.has(ackKey)) return "sameTarget";
    if (!this.#hasRoomFor(packet)) return "full";

    const { ackTimeoutMs } = this.#options;
    const witness = replaced === undefined ? undefined : this.#witnessOf(replaced);
    const isSilent = witness !== undefined && nowMs - witness.sentAtMs >= 2 * ackTimeoutMs;
    const push: PendingPush = {
      key,
      target,
      packet,
      sentAtMs: nowMs,
      dueAtMs: nowMs + ackTimeoutMs,
      isFinal: false,
      witness: isSilent ? undefined : witness,
    };
    this.#pushes.set(key, push);
    this.#byAck.set(ackKey, push);
    if (push.witness !== undefined) this.#byAck.set(push.witness.ackKey, push);
    this.#take(packet);
    if (isSilent) onSilent(target);
    return "added";
  }

  /** There is newer than what waits under a key: an acknowledgement still counts. */
  outdate(key: string): void {
    const push = this.#pushes.get(key);
    if (push !== undefined) push.isFinal = true;
  }

  /**
   * Takes an acknowledgement.
   *
   * @returns when the push was asked for, or `undefined` when nothing waits for it
   */
  ack(sender: Target, lastRefTime: number): Millis | undefined {
    const ackKey = ackKeyOf(sender, lastRefTime);
    const push = this.#byAck.get(ackKey);
    if (push === undefined) return undefined;
    const { witness } = push;
    if (witness?.ackKey !== ackKey) {
      this.remove(push);
      return push.packet.pushedAtMs;
    }
    this.#byAck.delete(ackKey);
    push.witness = undefined;
    return witness.pushedAtMs;
  }

  /** Those that have waited long enough, the oldest first. Each must be repeated or removed. */
  *due(nowMs: Millis): Iterable<PendingPush> {
    for (const push of this.#pushes.values()) {
      if (push.dueAtMs > nowMs) return;
      yield push;
    }
  }

  /** Waits again for a push that is sent a second time. */
  repeat(push: PendingPush, nowMs: Millis): void {
    push.isFinal = true;
    push.dueAtMs = nowMs + this.#options.ackTimeoutMs;
    this.#pushes.delete(push.key);
    this.#pushes.set(push.key, push);
  }

  /** Waits no longer for a push. */
  remove(push: PendingPush): void {
    this.#pushes.delete(push.key);
    this.#byAck.delete(ackKeyOf(push.target, push.packet.lastRefTime));
    if (push.witness !== undefined) this.#byAck.delete(push.witness.ackKey);
    this.#release(push.packet);
  }

  /** Waits for nothing. */
  clear(): void {
    this.#pushes.clear();
    this.#byAck.clear();
    this.#uses.clear();
    this.#bytes = 0;
  }

  #witnessOf({ witness, target, packet, sentAtMs }: PendingPush): Witness {
    const { lastRefTime, pushedAtMs } = packet;
    return witness ?? { ackKey: ackKeyOf(target, lastRefTime), sentAtMs, pushedAtMs };
  }

  #hasRoomFor(packet: Packet): boolean {
    if (this.#pushes.size >= this.#options.pendingMax) return false;
    if (this.#uses.has(packet)) return true;
    return this.#bytes + packet.bytes.length <= this.#options.pendingBytesMax;
  }

  #take(packet: Packet): void {
    const uses = this.#uses.get(packet) ?? 0;
    if (uses === 0) this.#bytes += packet.bytes.length;
    this.#uses.set(packet, uses + 1);
  }

  #release(packet: Packet): void {
    const uses = (this.#uses.get(packet) ?? 0) - 1;
    if (uses > 0) {
      this.#uses.set(packet, uses);
      return;
    }
    this.#uses.delete(packet);
    this.#bytes -= packet.bytes.length;
  }
}

function ackKeyOf(target: Target, lastRefTime: number): string {
  return `${target.endpoint} ${lastRefTime}`;
}
