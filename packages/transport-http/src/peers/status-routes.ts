import { DEFAULT_NAMESPACE, NacreError, type PeerHandler, type ServiceStatus } from "@nacre/core";
import type { Naming } from "@nacre/naming";
import { nullPointer } from "../error-reply.ts";
import { parseJson } from "../flat-json.ts";
import { jsonReply, ok, type Reply } from "../reply.ts";
import { checkedName, type NacosRequest } from "../request.ts";
import { type Caller, type Route, route } from "../route.ts";
import { PEER_BODY_BYTES_MAX } from "./distro-routes.ts";
import { boundObject, boundText, readJson } from "./jackson.ts";
import { urlDecoded } from "./java-url-decoder.ts";
import { bodyText } from "./peer-body.ts";
import type { PeerCounters } from "./peer-counters.ts";
import type { PeerGuard } from "./peer-guard.ts";

/** What the endpoints of the status exchange work on. */
export interface StatusRoutesOptions {
  readonly naming: Naming;
  readonly handler: PeerHandler;
  readonly guard: PeerGuard;
  readonly counters: PeerCounters;

  /** The largest body that is taken from a member. @defaultValue 256 MiB */
  readonly peerBodyBytesMax?: number | undefined;
}

/**
 * How Java members learn of health (`distro.md` 7.6). Anybody may ask for the health of one service: it
 * is part of what every client sees.
 */
export function statusRoutes(options: StatusRoutesOptions): readonly Route[] {
  const { naming, guard, peerBodyBytesMax = PEER_BODY_BYTES_MAX } = options;
  const getStatuses = (request: NacosRequest): Reply => statuses(naming, request);
  const bodyBytesMaxOf = (caller: Caller): number | undefined =>
    guard.isTrusted(caller) ? peerBodyBytesMax : undefined;
  return [
    route("POST", "/v1/ns/service/status", (request) => takeStatus(options, request), {
      bodyBytesMaxOf,
    }),
    route("GET", "/v1/ns/instance/statuses", getStatuses),
    route("GET", "/v1/ns/api/statuses", getStatuses),
  ];
}

function takeStatus(options: StatusRoutesOptions, request: NacosRequest): Reply {
  const { handler, guard, counters, peerBodyBytesMax = PEER_BODY_BYTES_MAX } = options;
  // Nacos looks who calls only after it has read all, and a little of what is compressed is much.
  const bytesMax = guard.isTrusted(request) ? peerBodyBytesMax : STRANGER_BYTES_MAX;
  const text = urlDecoded(bodyText(request, { method: "serviceStatus", bytesMax }));
  const { clientIP, statuses: given } = boundObject(readJson(text), JSON_NODE);
  if (given === undefined || clientIP === undefined) throw nullPointer();
  const from = boundText(clientIP) ?? "null";
  if (!guard.isMember(request, from)) {
    throw new NacreError("UNREADABLE_PARAM", `ip: ${from} is not in serverlist`);
  }
  guard.check(request, from);
  handler.onServiceStatus(from, statusOf(boundText(given) ?? "null", counters));
  return ok;
}

/** What a body of a stranger may become, as large as it may be. */
const STRANGER_BYTES_MAX = 2 * 1_048_576;

function statusOf(text: string, counters: PeerCounters): ServiceStatus {
  const { namespaceId, serviceName2Checksum } = boundObject(nested(text), SERVICE_CHECKSUM);
  const checksums = new Map<string, string>();
  for (const [name, sum] of Object.entries(serviceName2Checksum ?? {})) {
    if (typeof sum === "string") checksums.set(name, sum);
    else counters.droppedCount++;
  }
  return { namespaceId: boundText(namespaceId ?? null) ?? DEFAULT_NAMESPACE, checksums };
}

function nested(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const message = `errCode: 101, errMsg: Nacos deserialize for class [${SERVICE_CHECKSUM}] failed.  `;
    throw new NacreError("UNREADABLE_PARAM", message, { cause });
  }
}

const JSON_NODE = "com.fasterxml.jackson.databind.JsonNode";
const SERVICE_CHECKSUM = "com.alibaba.nacos.naming.core.ServiceManager$ServiceChecksum";

function statuses(naming: Naming, request: NacosRequest): Reply {
  const { namespaceId, name } = keyedService(request.bound("key"));
  const service = naming.services.get(namespaceId, checkedName(name));
  if (service === undefined) {
    throw new NacreError("SERVICE_NOT_FOUND", `service: ${name} not found.`);
  }
  const ips = service.instances.map(({ ip, port, healthy }) => `${ip}:${port}_${healthy}`);
  return jsonReply(JSON.stringify({ ips }));
}

// As Java splits: the second part counts, and what would come after it does not.
function keyedService(key: string): { readonly namespaceId: string; readonly name: string } {
  const [namespaceId = "", name] = key.split("##");
  if (!key.includes("##")) return { namespaceId: DEFAULT_NAMESPACE, name: key };
  if (name === undefined || name === "") {
    throw new NacreError("UNREADABLE_PARAM", "Index 1 out of bounds for length 1");
  }
  return { namespaceId, name };
}
