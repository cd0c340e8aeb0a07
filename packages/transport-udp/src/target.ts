import { isIPv4, isIPv6, SocketAddress } from "node:net";
import type { AddressFamily } from "./datagram-socket.ts";

/** Where datagrams go to and acknowledgements come from. */
export interface Target {
  readonly family: AddressFamily;

  /** An IP address in its shortest form. */
  readonly address: string;
  readonly port: number;

  /** Address and port in one text: equal for equal targets. */
  readonly endpoint: string;
}

const IPV4_MAPPED_PREFIX = "::ffff:";

/**
 * Where to send for an address and port. IPv4 addresses that are written as IPv6 ones
 * (`::ffff:10.0.0.1`) are IPv4 addresses.
 *
 * @returns `undefined` when no datagram can go there; names are not looked up
 */
export function targetOf(address: string, port: number): Target | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  if (isIPv4(address)) return { family: "udp4", address, port, endpoint: `${address} ${port}` };
  if (!isIPv6(address)) return undefined;
  const shortest = shortestIPv6(address);
  const embedded = shortest.startsWith(IPV4_MAPPED_PREFIX)
    ? shortest.slice(IPV4_MAPPED_PREFIX.length)
    : "";
  if (isIPv4(embedded)) return targetOf(embedded, port);
  return { family: "udp6", address: shortest, port, endpoint: `${shortest} ${port}` };
}

function shortestIPv6(address: string): string {
  const zoneAt = address.indexOf("%");
  const zone = zoneAt === -1 ? "" : address.slice(zoneAt);
  const plain = zoneAt === -1 ? address : address.slice(0, zoneAt);
  return new SocketAddress({ address: plain, family: "ipv6" }).address + zone;
}
