/**
 * Pushes service views to subscribers by UDP, as clients of Nacos 1.x expect them: one datagram per
 * subscriber and change, sent again once when no acknowledgement comes back.
 *
 * {@link UdpPusher} implements the port `Pusher` of `@nacre/naming`. {@link OpenDatagramSocket} is
 * where another network can stand in for the machine's.
 *
 * @packageDocumentation
 */

export type {
  AddressFamily,
  DatagramSocket,
  DatagramSocketOptions,
  OpenDatagramSocket,
} from "./datagram-socket.ts";
export type { Gzip } from "./packet.ts";
export { UdpPusher, type UdpPusherDependencies } from "./udp-pusher.ts";
export type { UdpPusherOptions } from "./udp-pusher-options.ts";
