import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { DatagramSocket, DatagramSocketOptions } from "./datagram-socket.ts";

/** Acknowledgements of a large push come all at once; the usual 208 KiB hold a few hundred. */
const RECEIVE_BUFFER_BYTES = 4 * 1_024 * 1_024;

/** Binds a UDP socket of this machine. */
export async function openNodeDatagramSocket(
  options: DatagramSocketOptions,
): Promise<DatagramSocket> {
  const { family, port, host, onMessage, onError } = options;
  const socket = createSocket({ type: family, ipv6Only: family === "udp6" });
  try {
    socket.bind({ port, exclusive: true, ...(host === undefined ? {} : { address: host }) });
    await once(socket, "listening");
  } catch (error) {
    socket.close();
    throw error;
  }
  growReceiveBuffer(socket);
  socket.on("error", onError);
  socket.on("message", (bytes, from) => onMessage(bytes, from.address, from.port));
  return {
    port: socket.address().port,
    send: (bytes, toPort, address, onSent) => socket.send(bytes, toPort, address, onSent),
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}

function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    return; // Some systems refuse what exceeds their limit, others cut it down; both are fine.
  }
}
