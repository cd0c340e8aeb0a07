import type { Address } from "@nacre/core";
import type { Identity } from "./peer-guard.ts";

/** What a member answers a call by its words: `wire` is the version of what Nacre members say. */
export const WIRE_HEADER = "Nacre-Wire";

/** Whether the member that answers a report serves: `true` or `false`. Only Nacre members say. */
export const READY_HEADER = "Nacre-Ready";

/** The version of what Nacre members say among themselves. */
export const WIRE_VERSION = 1;

/** The headers of all calls to peers. */
export interface PeerHeaders {
  /** A call whose parameters are all in the query. */
  readonly query: Readonly<Record<string, string>>;

  /** A call with a JSON body. */
  readonly json: Readonly<Record<string, string>>;

  /** A report, which never carries the identity (`distro.md` 6.5). */
  readonly report: Readonly<Record<string, string>>;
}

/**
 * What a Java member sends, as far as another reads it (`distro.md` 1.6, 2.6). Left out are
 * `Accept-Encoding`, since nobody is to compress an answer, and `Content-Encoding: gzip`, which is
 * false in what Java sends and not asked for.
 */
export function peerHeaders(self: Address, identity: Identity | undefined): PeerHeaders {
  const common = {
    "Accept-Charset": "UTF-8",
    "User-Agent": "Nacos-Server:1.4.1",
    "Client-Version": "1.4.1",
    "Request-Source": self,
  };
  const known = identity === undefined ? common : { ...common, [identity.key]: identity.value };
  const json = { "Content-Type": "application/json;charset=UTF-8" };
  return {
    query: { "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", ...known },
    json: { ...json, ...known },
    report: {
      ...json,
      ...common,
      "Nacos-Server": "1.4.1",
      [WIRE_HEADER]: String(WIRE_VERSION),
    },
  };
}
