import { isIP, isIPv6 } from "node:net";

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

/** One item of a `cluster.conf`. */
export interface ClusterConfEntry {
  /** The item as it stands in the file. */
  readonly text: string;
  readonly line: number;
}

/**
 * Reads the items of a `cluster.conf`: `#` starts a comment, commas and lines separate items. Items
 * are not checked.
 */
export function parseClusterConf(text: string): readonly ClusterConfEntry[] {
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
