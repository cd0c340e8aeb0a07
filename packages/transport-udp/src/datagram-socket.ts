/** The two kinds of UDP socket. */
export type AddressFamily = "udp4" | "udp6";

/** Port: a bound UDP socket. */
export interface DatagramSocket {
  /** The UDP port it is bound to. */
  readonly port: number;

  /**
   * Sends one datagram. It must not block; `onSent` is told what the operating system said, and the
   * bytes stay untouched until then.
   *
   * @param address an IP address of the socket's family, never a name
   */
  send(bytes: Uint8Array, port: number, address: string, onSent: OnSent): void;

  /** Resolves when the port is free again; nothing arrives after that. */
  close(): Promise<void>;
}

/** Told once per datagram, with the reason when it was not sent. */
export type OnSent = (error: Error | null) => void;

/** What a {@link DatagramSocket} is to be, and whom it tells. */
export interface DatagramSocketOptions {
  /** A `udp6` socket leaves IPv4 alone, so that both families can share a port number. */
  readonly family: AddressFamily;

  /** 0 picks a free one. */
  readonly port: number;

  /** The address to bind to; `undefined`: all addresses of the machine. */
  readonly host: string | undefined;

  /** Told of each datagram that arrives, with the address and port of its sender. */
  readonly onMessage: (bytes: Uint8Array, address: string, port: number) => void;

  /** Told of what goes wrong later on. The socket stays usable. */
  readonly onError: (error: Error) => void;
}

/** Port: binds a UDP socket. It rejects when the operating system refuses. */
export type OpenDatagramSocket = (options: DatagramSocketOptions) => Promise<DatagramSocket>;
