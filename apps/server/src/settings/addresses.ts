import { isIP, isIPv6 } from "node:net";
import { type Address, NacreError } from "@nacre/core";

/** The port of a member whose address names none. */
const defaultMemberPort = 8848;

/**
 * Reads `ip`, `ip:port`, `host`, `host:port`, `[v6]` or `[v6]:port`.
 *
 * @returns the address as `host:port`, with `defaultPort` where the text has none; `undefined` for
 *   anything else, such as the suffix `?raft_port=` that Nacos shows but does not take.
 */
export function parseAddress(text: string, defaultPort = defaultMemberPort): string | undefined {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? "";
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  const isValid = host.startsWith("[") ? isIPv6(host.slice(1, -1)) : isHostName(host);
  return isValid && port <= 65_535 && (match?.[2] === undefined || port > 0)
    ? `${host}:${port}`
    : undefined;
}

/** Whether `text` is an IPv4 address or a host name. */
export function isHostName(text: string): boolean {
  if (isIP(text) === 4) return true;
  // Digits and dots only: an IPv4 address that is wrong.
  return text.length <= 253 && !/^[\d.]+$/.test(text) && hostNamePattern.test(text);
}

/** Whether `text` is an IP address, or a range of them such as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const family = isIP(match?.[1] ?? "");
  return family !== 0 && Number(match?.[2] ?? 0) <= (family === 4 ? 32 : 128);
}

/** The parts of an address as {@link parseAddress} returns it; the host without brackets. */
export function hostAndPortOf(address: Address): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(address.slice(colon + 1)) };
}

/** The address of a host, or of an IP address without brackets, and a port. */
export function addressOf(host: string, port: number): Address {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads a list of members in the format of `cluster.conf` (`distro.md` 6.3): `#` starts a comment,
 * commas and lines separate items.
 *
 * @param origin names the list in the message
 * @returns each address once, as it is spelled there but with a port
 * @throws {@link NacreError} `INVALID_SETTING` when an item is no address, or there are too many. Half
 *   a list would do harm, so one wrong item spoils it all.
 */
export function parseMemberList(text: string, origin: string): readonly Address[] {
  const addresses = new Set<Address>();
  for (const { text: item, line } of itemsOf(text)) {
    const address = parseAddress(item);
    if (address === undefined) {
      throw new NacreError(
        "INVALID_SETTING",
        `${origin}:${line} has ${JSON.stringify(item.slice(0, 100))}; ` +
          "allowed: ip, host, ip:port, host:port or [v6]:port",
      );
    }
    addresses.add(address);
  }
  if (addresses.size > membersMax) {
    throw new NacreError("INVALID_SETTING", `${origin} lists more than ${membersMax} members`);
  }
  return [...addresses];
}

/** The most members of a cluster. Each calls each, so that is far beyond what is of use. */
export const membersMax = 1_000;

/** One item of a `cluster.conf` as it stands there. */
interface Item {
  readonly text: string;
  readonly line: number;
}

function itemsOf(text: string): readonly Item[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .flatMap((line, index) =>
      line
        .replace(/#.*$/, "")
        .split(",")
        .map((item) => ({ text: item.trim(), line: index + 1 })),
    )
    .filter((item) => item.text !== "");
}

const label = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
const hostNamePattern = new RegExp(`^${label}(?:\\.${label})*\\.?$`);
