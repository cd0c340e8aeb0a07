import { type Address, isVersion, type Version } from "@nacre/core";
import type { PeerCall } from "../peers/peer-pool.ts";
import type { NacosRequest, WriteOrigin } from "../request.ts";
import type { Method } from "../route.ts";

/** The version at which a Nacre member took a write from its client, in decimal digits. */
const VERSION_HEADER = "nacre-version";

/** The address of the client whose write a Nacre member passes on. */
const CLIENT_HEADER = "nacre-client";

/** The agent string of that client, which `User-Agent` has no room for any more. */
const AGENT_HEADER = "nacre-agent";

/** Who passes a write on, and as what. */
export interface ForwardedRequestOptions {
  /** The address of this member. */
  readonly self: Address;
  readonly acceptedAs: Version;

  /** Headers that all members share, such as the identity (`distro.md` 6.7). */
  readonly headers: Readonly<Record<string, string>>;
}

// Parameters longer than this travel as a form: not everybody's member takes long request lines.
const QUERY_CHARS_MAX = 4_096;

const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

// What belongs to one connection, and what is set anew.
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "host",
  "content-length",
  "accept-encoding",
  "accept-charset",
  "user-agent",
  "client-version",
  "request-source",
]);

/**
 * The request that asks another member to answer a client's (`distro.md` 2.6): same method and path,
 * all parameters in the query, other bodies as they are, the client's headers.
 *
 * Unlike Java's it names the host that it goes to, and announces no body that it does not have: a
 * `DELETE` with a form would wait for one. A client's own `encoding` is kept, as the responsible
 * member is to read its parameters in that.
 */
export function forwardedRequest(
  request: NacosRequest,
  method: Method,
  options: ForwardedRequestOptions,
): Pick<PeerCall, "method" | "path" | "headers" | "body"> {
  const { path, params, body } = request;
  const marks = `${params.first("encoding") === undefined ? "encoding=UTF-8&" : ""}nofix=1`;
  const headers = forwardedHeaders(request, options);
  const text = new URLSearchParams(params.entries()).toString();
  if (text.length > QUERY_CHARS_MAX && body === undefined && method !== "GET") {
    return { method, path: `${path}?${marks}`, headers, body: text };
  }
  return { method, path: `${path}?${text}&${marks}`, headers, body };
}

function forwardedHeaders(
  request: NacosRequest,
  { self, acceptedAs, headers: shared }: ForwardedRequestOptions,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const ofConnection = (request.header("connection") ?? "").toLowerCase().split(/[\s,]+/);
  for (const name of Object.keys(request.headers)) {
    const value = request.header(name);
    if (value === undefined || NOT_PASSED_ON.has(name) || ofConnection.includes(name)) continue;
    // Nobody but a member may say it.
    if (name.startsWith("nacre-")) continue;
    headers[name] = value;
  }
  // A form has become parameters, whatever it was.
  if (request.body === undefined) headers["content-type"] = FORM;
  for (const [name, value] of Object.entries(shared)) headers[name.toLowerCase()] = value;
  return {
    ...headers,
    "content-type": headers["content-type"] ?? FORM,
    "accept-charset": "UTF-8",
    "user-agent": "Nacos-Server:1.4.1",
    "client-version": "1.4.1",
    "request-source": self,
    [VERSION_HEADER]: String(acceptedAs),
    [CLIENT_HEADER]: request.address,
    [AGENT_HEADER]: request.agent.text,
  };
}

/** What a Nacre member says of the write that it passes on; `undefined`: the caller is none. */
export function originOf(request: NacosRequest): WriteOrigin | undefined {
  const acceptedAs = Number(request.header(VERSION_HEADER) || Number.NaN);
  if (!isVersion(acceptedAs)) return undefined;
  const address = request.header(CLIENT_HEADER) ?? request.address;
  const agentText = request.header(AGENT_HEADER) ?? "";
  return { acceptedAs, client: { address, agentText } };
}
