import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { nowMs } from "./wait.ts";

/** A datagram that was pushed. */
export interface Push {
  /** When it arrived, on the clock of `nowMs`. */
  readonly atMs: number;
  /** Its size on the wire. */
  readonly bytes: number;
  readonly gzip: boolean;
  /** What it says, decompressed. */
  readonly text: string;
  readonly lastRefTime: number;
  /** The list it carries. */
  readonly list: PushedList;
}

/** The list that a push carries, as far as tests look at it. */
export interface PushedList {
  readonly lastRefTime: number;
  readonly hosts: readonly { readonly ip: string; readonly port: number }[];
}

/** Makes the answer to a push; `undefined`: none. */
export type Acknowledge = (push: Push) => string | undefined;

/** Acknowledges as Java clients do: `lastRefTime` is a string. */
export const ackAsText: Acknowledge = ({ lastRefTime }) =>
  JSON.stringify({ type: "push-ack", lastRefTime: `${lastRefTime}`, data: "" });

/** Acknowledges as the client for Node does: `lastRefTime` is a number. */
export const ackAsNumber: Acknowledge = ({ lastRefTime }) =>
  JSON.stringify({ type: "push-ack", lastRefTime, data: "" });

/** Acknowledges another push than the one that came. */
export const ackWrongly: Acknowledge = ({ lastRefTime }) =>
  JSON.stringify({ type: "push-ack", lastRefTime: `${lastRefTime + 1}`, data: "" });

/** Never acknowledges. */
export const noAck: Acknowledge = () => undefined;

/** Opens the socket of a subscriber on a free port of 127.0.0.1. */
export async function listenForPushes(acknowledge: Acknowledge = ackAsText): Promise<PushListener> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return new PushListener(socket, acknowledge);
}

/** The UDP socket of a subscriber on loopback; {@link listenForPushes} opens one. */
export class PushListener {
  readonly pushes: readonly Push[];
  readonly port: number;
  readonly #socket: Socket;

  constructor(socket: Socket, acknowledge: Acknowledge) {
    const pushes: Push[] = [];
    this.pushes = pushes;
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (message, from) => {
      const push = readPush(message);
      pushes.push(push);
      this.#answer(acknowledge(push), from);
    });
  }

  /** The parameters by which a list request subscribes this socket. */
  get params(): Readonly<Record<string, string>> {
    return { udpPort: `${this.port}`, clientIP: "127.0.0.1" };
  }

  close(): void {
    this.#socket.close();
  }

  #answer(text: string | undefined, { address, port }: RemoteInfo): void {
    if (text !== undefined) this.#socket.send(text, port, address);
  }
}

function readPush(message: Buffer): Push {
  const gzip = message[0] === 0x1f && message[1] === 0x8b;
  const text = (gzip ? gunzipSync(message) : message).toString("utf8");
  const { data, lastRefTime } = JSON.parse(text) as { data: string; lastRefTime: number };
  const list = JSON.parse(data) as PushedList;
  return { atMs: nowMs(), bytes: message.length, gzip, text, lastRefTime, list };
}
