import { lookup } from "node:dns/promises";

/** Port: the IP addresses of a host name. Rejects when there are none. */
export type HostAddresses = (host: string) => Promise<readonly string[]>;

/** Asks the system, so `/etc/hosts` and search domains count. */
export const systemHostAddresses: HostAddresses = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};
