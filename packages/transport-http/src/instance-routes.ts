import { DEFAULT_CLUSTER, DEFAULT_NAMESPACE, type Instance, NacreError } from "@nacre/core";
import {
  type InstanceAddress,
  type InstancePatch,
  type InstanceSpec,
  type Naming,
  numberText,
  type Switches,
} from "@nacre/naming";
import { isNewJava } from "./agent.ts";
import { nullPointer } from "./error-reply.ts";
import { parseMetadata } from "./metadata-text.ts";
import { jsonReply, ok, type Reply } from "./reply.ts";
import { checkedName, doubleOf, intOf, isAffirmative, type NacosRequest } from "./request.ts";
import { type Method, type Route, route } from "./route.ts";

/** What the instance endpoints work on. */
export interface InstanceRoutesOptions {
  readonly naming: Naming;
  readonly switches: Switches;
}

/** `/v1/ns/instance`: register, deregister, update, patch, detail, statuses (`http-api.md` 2.1). */
export function instanceRoutes({ naming, switches }: InstanceRoutesOptions): readonly Route[] {
  return [
    write("POST", (request) => {
      const { serviceName, spec } = readInstance(request, switches);
      naming.register(request.about(serviceName), spec);
      return ok;
    }),
    write("PUT", (request) => {
      const isStrict = isNewJava(request.agent);
      const { serviceName, spec } = readInstance(request, switches);
      if (isStrict === undefined) throw nullPointer();
      const about = request.about(serviceName);
      if (isStrict) naming.update(about, spec);
      else naming.register(about, spec);
      return ok;
    }),
    write("DELETE", (request) => {
      const { ephemeral, ...address } = readAddress(request, switches);
      // Read and not used: only what is no number is complained of.
      readWeight(request);
      naming.deregister(request.about(request.serviceName()), address, ephemeral);
      return ok;
    }),
    write("PATCH", (request) => {
      const serviceName = request.serviceName();
      const address = { ip: request.required("ip"), port: intOf(request.required("port")) };
      const about = request.about(serviceName);
      const key = { ...address, clusterName: clusterOf(request) };
      // Where there is nothing to patch, nobody looks at the patch.
      const isKnown = naming.leaseOf(about, key) !== undefined;
      naming.patch(about, key, isKnown ? readPatch(request) : {});
      return ok;
    }),
    route("GET", "/v1/ns/instance", (request) => detail(naming, request)),
    route("GET", "/v1/ns/instance/statuses", (request) => statuses(naming, request.bound("key"))),
  ];
}

function write(method: Method, answer: Route["answer"]): Route {
  return route(method, "/v1/ns/instance", answer, { isDistributed: true });
}

// The fields are read in the order in which Nacos complains of them.
function readInstance(
  request: NacosRequest,
  switches: Switches,
): { readonly serviceName: string; readonly spec: InstanceSpec } {
  const serviceName = request.serviceName();
  const { ip, port, clusterName, ephemeral } = readAddress(request, switches);
  const enabled = request.optional("enabled", "") || request.optional("enable", "true");
  const spec: InstanceSpec = {
    ip,
    port,
    clusterName,
    ephemeral,
    enabled: isAffirmative(enabled),
    healthy: isAffirmative(request.optional("healthy", "true")),
    weight: readWeight(request),
    metadata: parseMetadata(request.optional("metadata", "")),
    app: request.optional("app", "DEFAULT"),
  };
  return { serviceName, spec };
}

function readAddress(
  request: NacosRequest,
  { defaultInstanceEphemeral }: Switches,
): InstanceAddress & { readonly ephemeral: boolean } {
  const ip = request.required("ip");
  const port = intOf(request.required("port"));
  const clusterName = clusterOf(request);
  const ephemeral = isAffirmative(request.optional("ephemeral", String(defaultInstanceEphemeral)));
  return { ip, port, clusterName, ephemeral };
}

function readWeight(request: NacosRequest): number {
  return doubleOf(request.optional("weight", "1"));
}

function clusterOf(request: NacosRequest): string {
  return request.optional("clusterName", "") || request.optional("cluster", DEFAULT_CLUSTER);
}

function readPatch(request: NacosRequest): InstancePatch {
  const metadata = request.optional("metadata", "");
  const app = request.optional("app", "");
  const weight = request.optional("weight", "");
  const healthy = request.optional("healthy", "");
  const enabled = request.optional("enabled", "");
  return {
    ...(metadata === "" ? {} : { metadata: parseMetadata(metadata) }),
    ...(app === "" ? {} : { app }),
    ...(weight === "" ? {} : { weight: doubleOf(weight) }),
    ...(healthy === "" ? {} : { healthy: isAffirmative(healthy) }),
    ...(enabled === "" ? {} : { enabled: isAffirmative(enabled) }),
  };
}

function detail(naming: Naming, request: NacosRequest): Reply {
  const { namespaceId } = request;
  const serviceName = request.serviceName();
  const clusterName = request.optional("clusterName", DEFAULT_CLUSTER);
  const ip = request.required("ip");
  const port = intOf(request.required("port"));
  const service = naming.services.get(namespaceId, serviceName);
  if (service === undefined) {
    throw new NacreError("SERVICE_NOT_FOUND", `no service ${serviceName} found!`);
  }
  const instances = service.instancesOf(clusterName);
  if (instances.length === 0) {
    throw new NacreError(
      "INSTANCE_NOT_FOUND",
      `no ips found for cluster ${clusterName} in service ${serviceName}`,
    );
  }
  const found = instances.find((instance) => instance.ip === ip && instance.port === port);
  if (found === undefined) throw new NacreError("INSTANCE_NOT_FOUND", "no matched ip found!");
  return jsonReply(detailText(serviceName, found));
}

function detailText(serviceName: string, instance: Instance): string {
  const { ip, port, clusterName, weight, healthy, instanceId, metadata } = instance;
  return (
    `{"service":${JSON.stringify(serviceName)},"ip":${JSON.stringify(ip)},"port":${port},` +
    `"clusterName":${JSON.stringify(clusterName)},"weight":${numberText(weight)},"healthy":${healthy},` +
    `"instanceId":${JSON.stringify(instanceId)},"metadata":${JSON.stringify(metadata)}}`
  );
}

function statuses(naming: Naming, key: string): Reply {
  const parts = key.includes("##") ? key.split("##") : [DEFAULT_NAMESPACE, key];
  const [namespaceId = "", serviceName = ""] = parts;
  const service = naming.services.get(namespaceId, checkedName(serviceName));
  if (service === undefined) {
    throw new NacreError("SERVICE_NOT_FOUND", `service: ${serviceName} not found.`);
  }
  const ips = service.instances.map(({ ip, port, healthy }) => `${ip}:${port}_${healthy}`);
  return jsonReply(JSON.stringify({ ips }));
}
