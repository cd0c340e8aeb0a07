import type { Clock, Logger, Millis } from "@nacre/core";
import type {
  DatagramSocket,
  DatagramSocketOptions,
  OnSent,
  OpenDatagramSocket,
} from "./datagram-socket.ts";
import type { Target } from "./target.ts";

/** What an {@link Outlet} needs from its surroundings. */
export interface OutletDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openSocket: OpenDatagramSocket;
}

/** How many datagrams wait while the socket is being opened. */
const WAITING_MAX = 1_000;

/** How long to wait before a socket that could not be opened is tried again. */
const REOPEN_MS: Millis = 60_000;

/** The socket of one address family. It opens when told to, or when there is something to send. */
export class Outlet {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #openSocket: OpenDatagramSocket;
  readonly #options: DatagramSocketOptions;
  readonly #waiting: {
    readonly bytes: Uint8Array;
    readonly to: Target;
    readonly onSent: OnSent;
  }[] = [];
  #socket: DatagramSocket | undefined;
  #opening: Promise<void> | undefined;
  #reopenAtMs: Millis = -Infinity;
  #isClosed = false;

  constructor(dependencies: OutletDependencies, options: DatagramSocketOptions) {
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#openSocket = dependencies.openSocket;
    this.#options = options;
  }

  /** The port it is bound to, once it is open. */
  get port(): number | undefined {
    return this.#socket?.port;
  }

  /** Binds the socket. It rejects with what the operating system says. */
  open(): Promise<void> {
    this.#opening = this.#open();
    return this.#opening;
  }

  /** Sends a datagram, if need be once the socket is open. */
  send(bytes: Uint8Array, to: Target, onSent: OnSent): void {
    const socket = this.#socket;
    if (socket !== undefined) {
      transmit(socket, bytes, to, onSent);
      return;
    }
    if (this.#isClosed || this.#waiting.length >= WAITING_MAX || !this.#openLazily()) {
      onSent(new Error(`no ${this.#options.family} socket`));
      return;
    }
    this.#waiting.push({ bytes, to, onSent });
  }

  /** Resolves when the port is free. Nothing is sent or received after that. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.length = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    await socket?.close();
    await this.#opening?.catch(() => undefined); // whoever opened it was told
  }

  async #open(): Promise<void> {
    const socket = await this.#openSocket(this.#options);
    if (this.#isClosed) {
      await socket.close();
      return;
    }
    this.#socket = socket;
    for (const { bytes, to, onSent } of this.#waiting.splice(0)) {
      transmit(socket, bytes, to, onSent);
    }
  }

  #openLazily(): boolean {
    if (this.#opening !== undefined) return true;
    if (this.#clock.nowMs() < this.#reopenAtMs) return false;
    const { family } = this.#options;
    this.open().catch((error: unknown) => {
      this.#opening = undefined;
      this.#reopenAtMs = this.#clock.nowMs() + REOPEN_MS;
      this.#logger.warn({ err: error, family }, "no socket for pushes, it will be tried again");
      const refusal = error instanceof Error ? error : new Error(`no ${family} socket`);
      for (const { onSent } of this.#waiting.splice(0)) onSent(refusal);
    });
    return true;
  }
}

function transmit(socket: DatagramSocket, bytes: Uint8Array, to: Target, onSent: OnSent): void {
  try {
    socket.send(bytes, to.port, to.address, onSent);
  } catch (error) {
    onSent(error instanceof Error ? error : new Error(String(error)));
  }
}
