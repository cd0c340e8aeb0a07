import { type Cluster, type Instance, javaHashOrder, NacreError } from "@nacre/core";
import { floatText, type Lease, type Naming, numberText, type Service } from "@nacre/naming";
import { nullPointer } from "./error-reply.ts";
import { jsonReply, type Reply } from "./reply.ts";
import type { NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";
import { serviceNamePattern } from "./service-name-pattern.ts";

/** `/v1/ns/catalog`: what consoles show (`http-api.md` 2.3). */
export function catalogRoutes({ naming }: { readonly naming: Naming }): readonly Route[] {
  return [
    route("GET", "/v1/ns/catalog/services", (request) => {
      const withInstances = request.boundBooleanOr("withInstances", false);
      const page = readPage(request);
      const hasIpCount = request.boundBooleanOr("hasIpCount", false);
      const services = matching(naming, request);
      if (!withInstances) return summaries(services, page, hasIpCount, request);
      // Pages count from zero here.
      const shown = shownOn({ ...page, no: page.no + 1 }, services);
      return jsonReply(`[${shown.map(textWithInstances).join(",")}]`);
    }),
    route("GET", "/v1/ns/catalog/service", (request) => {
      const namespaceId = request.boundNamespaceId;
      const name = request.groupedName;
      // Where there are others, a name that is none stops Nacos.
      if (name === undefined && naming.services.sorted(namespaceId).length > 0) throw nullPointer();
      const service = naming.services.get(namespaceId, name ?? "null");
      if (service === undefined) throw notFound(`service ${name ?? "null"} is not found!`);
      return jsonReply(serviceText(service));
    }),
    route("GET", "/v1/ns/catalog/instances", (request) => clusterInstances(naming, request)),
  ];
}

interface Page {
  readonly no: number;
  readonly size: number;
}

function readPage(request: NacosRequest): Page {
  return { no: requiredInt(request, "pageNo"), size: requiredInt(request, "pageSize") };
}

function requiredInt(request: NacosRequest, name: string): number {
  if (request.params.first(name) !== undefined) return request.boundInt(name);
  throw new NacreError(
    "UNREADABLE_PARAM",
    `Optional int parameter '${name}' is present but cannot be translated into a null value due ` +
      "to being declared as a primitive type. Consider declaring it as object wrapper for the " +
      "corresponding primitive type.",
  );
}

function matching(naming: Naming, request: NacosRequest): readonly Service[] {
  const namePart = request.boundOr("serviceNameParam", "");
  const groupPart = request.boundOr("groupNameParam", "");
  const services = naming.services.sorted(request.boundNamespaceId);
  // Without services nobody reads the pattern.
  const isAsked = namePart.trim() !== "" || groupPart.trim() !== "";
  if (!isAsked || services.length === 0) return services;
  const matches = serviceNamePattern(groupPart, namePart);
  return services.filter(({ name }) => matches(name));
}

function summaries(
  services: readonly Service[],
  page: Page,
  hasIpCount: boolean,
  request: NacosRequest,
): Reply {
  const address = request.boundOr("instance", "");
  const found = services.filter(
    (service) =>
      (!hasIpCount || service.instances.length > 0) &&
      (address.trim() === "" || service.instances.some((instance) => isAt(instance, address))),
  );
  const shown = shownOn(page, found);
  const count = shown.length === 0 ? 0 : found.length;
  return jsonReply(JSON.stringify({ serviceList: shown.map(summaryOf), count }));
}

// A page that could hold all of them does, whatever its number.
function shownOn({ no, size }: Page, services: readonly Service[]): readonly Service[] {
  if (services.length <= size) return services;
  const start = Math.max(0, (no - 1) * size);
  return services.slice(start, start + Math.max(1, size));
}

// Nacos complains of what is no address once it has an instance to compare with.
function isAt({ ip, port }: Instance, address: string): boolean {
  if (!ADDRESS.test(address)) {
    throw new NacreError("INVALID_PARAM", `The IPv4 address("${address}") is incorrect.`);
  }
  return address === ip || address === `${ip}:${port}`;
}

const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\])(:\d+)?$/;

function summaryOf(service: Service): Readonly<Record<string, unknown>> {
  const ipCount = service.instances.length;
  const healthyInstanceCount = service.instances.filter(({ healthy }) => healthy).length;
  const isProtected =
    ipCount > 0 && healthyInstanceCount / ipCount <= service.definition.protectThreshold;
  return {
    name: service.bareName,
    groupName: service.groupName,
    clusterCount: service.clusters.length,
    ipCount,
    healthyInstanceCount,
    triggerFlag: String(isProtected),
  };
}

function textWithInstances(service: Service): string {
  const clusters = javaHashOrder(service.clusters, ({ name }) => name).map(({ name }) => {
    const hosts = service.instancesOf(name).map(plainHostText);
    return `${JSON.stringify(name)}:{"hosts":[${hosts.join(",")}]}`;
  });
  return (
    `{"serviceName":${JSON.stringify(service.bareName)},` +
    `"groupName":${JSON.stringify(service.groupName)},"clusterMap":{${clusters.join(",")}},` +
    `"metadata":${JSON.stringify(service.definition.metadata)}}`
  );
}

function plainHostText({ healthy, metadata, port, ip, weight, enabled }: Instance): string {
  return (
    `{"valid":${healthy},"metadata":${JSON.stringify(metadata)},"port":${port},` +
    `"ip":${JSON.stringify(ip)},"weight":${numberText(weight)},"enabled":${enabled}}`
  );
}

function serviceText(service: Service): string {
  const { protectThreshold, selector, metadata } = service.definition;
  const clusters = javaHashOrder(service.clusters, ({ name }) => name).map((cluster) =>
    clusterText(service, cluster),
  );
  return (
    `{"service":{"name":${JSON.stringify(service.bareName)},` +
    `"protectThreshold":${floatText(protectThreshold)},` +
    `"groupName":${JSON.stringify(service.groupName)},"selector":${JSON.stringify(selector)},` +
    `"metadata":${JSON.stringify(metadata)}},"clusters":[${clusters.join(",")}]}`
  );
}

function clusterText(service: Service, cluster: Cluster): string {
  const { name, healthChecker, defaultCheckPort, useInstancePortForCheck, metadata } = cluster;
  return JSON.stringify({
    serviceName: service.name,
    name,
    healthChecker,
    defaultPort: 80,
    defaultCheckPort: 80,
    useIPPort4Check: useInstancePortForCheck,
    metadata,
    sitegroup: "",
    defCkport: defaultCheckPort,
    empty: service.instancesOf(name).length === 0,
    defIPPort: defaultCheckPort,
  });
}

function clusterInstances(naming: Naming, request: NacosRequest): Reply {
  const namespaceId = request.boundNamespaceId;
  const serviceName = request.bound("serviceName");
  const clusterName = request.bound("clusterName");
  const pageNo = request.boundInt("pageNo");
  const pageSize = request.boundInt("pageSize");
  const service = naming.services.get(namespaceId, serviceName);
  // The misspelling is Nacos's, and clients may look for it.
  if (service === undefined) throw notFound(`serivce ${serviceName} is not found!`);
  if (service.clusterNamed(clusterName) === undefined) {
    throw notFound(`cluster ${clusterName} is not found!`);
  }
  const instances = javaHashOrder(service.instancesOf(clusterName), ({ ip }) => ip);
  const start = Math.max(0, (pageNo - 1) * pageSize);
  const end = Math.min(pageNo * pageSize, instances.length);
  if (end < 0) throw new NacreError("INVALID_PARAM", `fromIndex(${start}) > toIndex(${end})`);
  const list = instances.slice(start, end).map((instance) => {
    const lease = naming.leaseOf({ namespaceId, serviceName }, instance);
    return lease === undefined ? "{}" : instanceText(naming, serviceName, lease);
  });
  return jsonReply(`{"list":[${list.join(",")}],"count":${instances.length}}`);
}

// As Jackson writes an instance: what is null is left out.
function instanceText(naming: Naming, serviceName: string, lease: Lease): string {
  const { instanceId, metadata, app, weight, ...instance } = lease.instance;
  const { intervalMs, timeoutMs, deleteTimeoutMs } = lease.timings;
  const generator = generatorOf(metadata);
  return (
    `{${instanceId === null ? "" : `"instanceId":${JSON.stringify(instanceId)},`}` +
    `"ip":${JSON.stringify(instance.ip)},"port":${instance.port},"weight":${numberText(weight)},` +
    `"healthy":${instance.healthy},"enabled":${instance.enabled},` +
    `"ephemeral":${instance.ephemeral},"clusterName":${JSON.stringify(instance.clusterName)},` +
    `"serviceName":${JSON.stringify(serviceName)},` +
    `${metadata === null ? "" : `"metadata":${JSON.stringify(metadata)},`}` +
    `"lastBeat":${naming.lastBeatEpochMs(lease)},"marked":${instance.marked},` +
    `${app === null ? "" : `"app":${JSON.stringify(app)},`}` +
    `"instanceHeartBeatInterval":${intervalMs},` +
    `${generator === undefined ? "" : `"instanceIdGenerator":${JSON.stringify(generator)},`}` +
    `"instanceHeartBeatTimeOut":${timeoutMs},"ipDeleteTimeout":${deleteTimeoutMs}}`
  );
}

function generatorOf(metadata: Instance["metadata"]): string | undefined {
  if (metadata === null || Object.keys(metadata).length === 0) return "simple";
  const key = "preserved.instance.id.generator";
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}

function notFound(message: string): NacreError {
  return new NacreError("SERVICE_NOT_FOUND", message);
}
