import { DEFAULT_GROUP, DEFAULT_NAMESPACE, groupedName, NacreError } from "@nacre/core";
import type { Naming } from "@nacre/naming";
import { jsonReply, type Reply } from "./reply.ts";
import { intOf, type NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";

// How many changes or instances one answer holds at most.
const ENTRIES_MAX = 1_000;

/**
 * Nacre's own endpoints, outside the context path: what Nacos has no place for.
 *
 * `GET /nacre/v1/history?namespaceId=&serviceName=&groupName=&ip=&port=&from=&limit=` answers
 * `{"entries":[…],"droppedCount":n,"oldestMs":n|null}`, oldest entry first. `from` is milliseconds
 * since the epoch or an ISO 8601 instant. Everything is optional; an empty `namespaceId` means all.
 *
 * `GET /nacre/v1/held` answers `{"count":n,"instances":[…]}`: what is listed only because the brake
 * on mass expiry holds its removal, and for how many milliseconds yet.
 */
export function nacreRoutes({ naming }: { readonly naming: Naming }): readonly Route[] {
  return [
    route("GET", "/nacre/v1/history", (request) => history(naming, request)),
    route("GET", "/nacre/v1/held", () => held(naming)),
  ];
}

function held(naming: Naming): Reply {
  const nowMs = naming.livedTime.nowMs();
  const instances = [];
  for (const { service, instance, heldUntilMs = nowMs } of naming.held) {
    if (instances.length >= ENTRIES_MAX) break;
    const { namespaceId, name } = service;
    const { clusterName, ip, port } = instance;
    const leftMs = Math.max(0, Math.round(heldUntilMs - nowMs));
    instances.push({ namespaceId, serviceName: name, clusterName, ip, port, leftMs });
  }
  return jsonReply(JSON.stringify({ count: naming.held.size, instances }));
}

function history(naming: Naming, request: NacosRequest): Reply {
  const port = request.optional("port", "");
  const name = request.optional("serviceName", "");
  const namespaceId = request.params.first("namespaceId") ?? DEFAULT_NAMESPACE;
  const limit = intOf(request.optional("limit", String(ENTRIES_MAX)));
  const groupName = request.optional("groupName", DEFAULT_GROUP);
  const answer = naming.history.find({
    namespaceId: namespaceId || undefined,
    serviceName: name === "" ? undefined : groupedName(name, groupName),
    ip: request.optional("ip", "") || undefined,
    port: port === "" ? undefined : intOf(port),
    fromMs: instantOf(request.optional("from", "")),
    countMax: Math.min(Math.max(limit, 0), ENTRIES_MAX),
  });
  return jsonReply(JSON.stringify(answer));
}

function instantOf(text: string): number | undefined {
  if (text === "") return undefined;
  const instantMs = /^\d+$/.test(text) ? Number(text) : parseIso(text);
  if (Number.isFinite(instantMs)) return instantMs;
  throw new NacreError(
    "INVALID_PARAM",
    `from is neither milliseconds since 1970 nor an instant such as 2021-02-01T08:00:00Z: ${text}`,
  );
}

function parseIso(text: string): number {
  // oxlint-disable-next-line no-restricted-globals -- reads a text, not the clock
  return Date.parse(text);
}
