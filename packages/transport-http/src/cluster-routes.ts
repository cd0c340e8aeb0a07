import { DEFAULT_CLUSTER, type HealthChecker, NacreError } from "@nacre/core";
import type { Naming, ServiceAdmin } from "@nacre/naming";
import { parseJson } from "./flat-json.ts";
import { definedMetadata } from "./metadata-text.ts";
import { jsonReply, ok, type Reply } from "./reply.ts";
import { intOf, intOrZero, isAffirmative, type NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";

/** What the cluster and health endpoints work on. */
export interface ClusterRoutesOptions {
  readonly naming: Naming;
  readonly admin: ServiceAdmin;

  /** Shown by `GET /v1/ns/health/server`. */
  readonly port: () => number;
}

/** `PUT /v1/ns/cluster` and `/v1/ns/health` (`http-api.md` 2.4, 2.5). */
export function clusterRoutes(options: ClusterRoutesOptions): readonly Route[] {
  const { naming, admin, port } = options;
  const setHealth = (request: NacosRequest): Reply => {
    const healthy = request.optional("healthy", "") || request.optional("valid", "");
    if (healthy === "") throw new NacreError("INVALID_PARAM", "Param 'healthy' is required.");
    const serviceName = request.requiredServiceName();
    const clusterName = request.optional("clusterName", DEFAULT_CLUSTER);
    const ip = request.required("ip");
    const address = { ip, port: intOf(request.required("port")), clusterName };
    admin.setHealth(request.about(serviceName), address, isAffirmative(healthy));
    return ok;
  };
  return [
    route("PUT", "/v1/ns/cluster", (request) => putCluster(options, request)),
    route("PUT", "/v1/ns/health", setHealth, { isDistributed: true }),
    route("PUT", "/v1/ns/health/instance", setHealth, { isDistributed: true }),
    route("GET", "/v1/ns/health/server", () => {
      const count = naming.services.size;
      const msg = `Hello! I am Nacos-Naming and healthy! total services: raft ${count}, local port:${port()}`;
      return jsonReply(JSON.stringify({ msg }));
    }),
  ];
}

function putCluster({ naming, admin }: ClusterRoutesOptions, request: NacosRequest): Reply {
  const { namespaceId } = request;
  const name = request.required("clusterName");
  const serviceName = request.requiredServiceName();
  const defaultCheckPort = intOrZero(request.required("checkPort"));
  const service = naming.services.get(namespaceId, serviceName);
  if (service === undefined) {
    throw new NacreError("SERVICE_NOT_FOUND", `service not found:${serviceName}`);
  }
  service.checkCluster(name);
  const useInstancePortForCheck = isAffirmative(request.required("useInstancePort4Check"));
  const healthChecker = parseChecker(request.required("healthChecker"));
  const metadata = definedMetadata(request.optional("metadata", ""));
  const cluster = { name, healthChecker, defaultCheckPort, useInstancePortForCheck, metadata };
  admin.putCluster(service, cluster);
  return ok;
}

// An unknown type is none, missing fields have their defaults, unknown ones are ignored.
function parseChecker(text: string): HealthChecker {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw unreadableChecker(error);
  }
  if (typeof json !== "object" || json === null) throw unreadableChecker(new Error("no object"));
  const fields = json as Readonly<Record<string, unknown>>;
  switch (fields["type"]) {
    case "TCP":
      return { type: "TCP" };
    case "HTTP":
      return {
        type: "HTTP",
        path: textOf(fields["path"] ?? ""),
        headers: textOf(fields["headers"] ?? ""),
        expectedResponseCode: Number(textOf(fields["expectedResponseCode"] ?? 200)) || 0,
      };
    case "MYSQL":
      return {
        type: "MYSQL",
        ...(typeof fields["user"] === "string" ? { user: fields["user"] } : {}),
        ...(typeof fields["pwd"] === "string" ? { pwd: fields["pwd"] } : {}),
        ...(typeof fields["cmd"] === "string" ? { cmd: fields["cmd"] } : {}),
      };
    default:
      return { type: "NONE" };
  }
}

// An object has no text, and asking for one may run into anything it holds.
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw unreadableChecker(new Error("a text is expected"));
}

function unreadableChecker(cause: unknown): NacreError {
  const message =
    "errCode: 101, errMsg: Nacos deserialize for class " +
    "[com.alibaba.nacos.api.naming.pojo.healthcheck.AbstractHealthChecker] failed.  ";
  return new NacreError("UNREADABLE_PARAM", message, { cause });
}
