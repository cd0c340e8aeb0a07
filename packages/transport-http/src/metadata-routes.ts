import { DEFAULT_CLUSTER, type Instance, instanceKey, instanceKeyOf } from "@nacre/core";
import { mergedMetadata, type Naming, type Service, strippedMetadata } from "@nacre/naming";
import { parseJson } from "./flat-json.ts";
import { parseMetadataChange } from "./metadata-text.ts";
import { jsonReply, type Reply } from "./reply.ts";
import type { NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";

type Edit = typeof mergedMetadata;

/** `/v1/ns/instance/metadata/batch`: metadata of many instances at once (`http-api.md` 2.1.9). */
export function metadataRoutes({ naming }: { readonly naming: Naming }): readonly Route[] {
  const path = "/v1/ns/instance/metadata/batch";
  const options = { isDistributed: true };
  return [
    route("PUT", path, (request) => editMetadata(naming, request, mergedMetadata), options),
    route("DELETE", path, (request) => editMetadata(naming, request, strippedMetadata), options),
  ];
}

function editMetadata(naming: Naming, request: NacosRequest, edit: Edit): Reply {
  const about = request.about(request.requiredServiceName());
  const kind = request.optional("consistencyType", "");
  const list = request.optional("instances", "");
  const change = parseMetadataChange(request.required("metadata"));
  const service = naming.services.get(about.namespaceId, about.serviceName);
  if (service === undefined) return updatedReply([]);
  const instances = kind === "" ? named(service, list) : ofKind(service, kind);
  naming.edit(
    service,
    instances,
    (instance) => ({ ...instance, metadata: edit(instance.metadata, change) }),
    { kind: "updated", detail: `metadata by ${about.by}` },
  );
  return updatedReply(instances);
}

function updatedReply(instances: readonly Instance[]): Reply {
  const updated = instances.map(
    (instance) => `${instanceKeyOf(instance)}:${instance.ephemeral ? "ephemeral" : "persist"}`,
  );
  return jsonReply(JSON.stringify({ updated }));
}

function ofKind(service: Service, kind: string): readonly Instance[] {
  if (kind !== "ephemeral" && kind !== "persist") return [];
  return service.instances.filter(({ ephemeral }) => ephemeral === (kind === "ephemeral"));
}

// What cannot be read names no instance, as in Nacos.
function named(service: Service, list: string): readonly Instance[] {
  const found = new Set<Instance>();
  for (const item of parseList(list)) {
    const { ip, port, clusterName, ephemeral } = item;
    const cluster =
      typeof clusterName === "string" && clusterName !== "" ? clusterName : DEFAULT_CLUSTER;
    if (typeof ip !== "string" || typeof (port ?? 0) === "object") continue;
    const key = instanceKey(ip, Number(port ?? 0), cluster);
    const instance = service.leases.get(key)?.instance;
    if (instance?.ephemeral === (ephemeral ?? true)) found.add(instance);
  }
  return [...found];
}

interface ListItem {
  readonly ip?: unknown;
  readonly port?: unknown;
  readonly clusterName?: unknown;
  readonly ephemeral?: unknown;
}

function parseList(text: string): readonly ListItem[] {
  if (text === "") return [];
  let list: unknown;
  try {
    list = parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  if (!Array.isArray(list)) return [];
  return list.filter((item): item is ListItem => typeof item === "object" && item !== null);
}
