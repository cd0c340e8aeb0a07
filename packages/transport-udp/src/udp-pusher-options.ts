import type { Millis } from "@nacre/core";

/** The limits and times of a `UdpPusher`. */
export interface UdpPusherOptions {
  /**
   * The UDP port that pushes leave from and acknowledgements come back to; 0 picks a free one.
   *
   * @defaultValue 0
   */
  readonly port?: number;

  /**
   * The address to bind to. It holds for its own family; the other one binds to all addresses.
   *
   * @defaultValue all addresses of the machine
   */
  readonly host?: string;

  /**
   * How long a subscriber may take to acknowledge a push before it is sent again, and then again
   * until it is given up.
   *
   * @defaultValue 10_000
   */
  readonly ackTimeoutMs?: Millis;

  /**
   * How many pushes may wait for an acknowledgement, and as many again for being sent. What exceeds
   * it is dropped.
   *
   * @defaultValue 100_000
   */
  readonly pendingMax?: number;

  /**
   * How many bytes the packets that wait for an acknowledgement may have together.
   *
   * @defaultValue 64 MiB
   */
  readonly pendingBytesMax?: number;

  /**
   * How many datagrams a push sends at once; the rest follows a moment later.
   *
   * @defaultValue 256
   */
  readonly sendsPerTurnMax?: number;

  /**
   * How many due pushes one `check` looks at; the rest is for the next one.
   *
   * @defaultValue 1_000
   */
  readonly checkedMax?: number;

  /**
   * How many bytes of JSON may be under compression in the background. What exceeds it is dropped,
   * except a packet that has no other beside it.
   *
   * @defaultValue 64 MiB
   */
  readonly gzipWaitingBytesMax?: number;
}

/** What is taken where {@link UdpPusherOptions} say nothing. */
export const defaultUdpPusherOptions: Required<Omit<UdpPusherOptions, "host">> = {
  port: 0,
  ackTimeoutMs: 10_000,
  pendingMax: 100_000,
  pendingBytesMax: 64 * 1_024 * 1_024,
  sendsPerTurnMax: 256,
  checkedMax: 1_000,
  gzipWaitingBytesMax: 64 * 1_024 * 1_024,
};
