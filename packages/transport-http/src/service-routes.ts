import { javaHashOrder, type Metadata, NacreError, parseJavaDouble } from "@nacre/core";
import {
  defaultServiceDefinition as defaultDefinition,
  floatText,
  type Naming,
  type PushService,
  type Service,
  type ServiceAdmin,
  type ServiceDefinition,
  type Subscriber,
} from "@nacre/naming";
import { nullPointer } from "./error-reply.ts";
import { definedMetadata } from "./metadata-text.ts";
import { jsonReply, ok, type Reply } from "./reply.ts";
import { intOrZero, type NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";
import { parseSelector, parseServiceFilter } from "./selector-text.ts";
import { groupedNamePattern } from "./service-name-pattern.ts";

/** What the service endpoints work on. */
export interface ServiceRoutesOptions {
  readonly naming: Naming;
  readonly admin: ServiceAdmin;
  readonly pushService: PushService;
}

/** `/v1/ns/service`: services, their definitions and their subscribers (`http-api.md` 2.2). */
export function serviceRoutes(options: ServiceRoutesOptions): readonly Route[] {
  const { naming, admin, pushService } = options;
  return [
    route("POST", "/v1/ns/service", (request) => {
      const serviceName = request.bound("serviceName");
      const protectThreshold = request.boundFloatOr("protectThreshold", 0);
      const about = request.about(serviceName, request.boundNamespaceId);
      const texts = [request.boundOr("metadata", ""), request.boundOr("selector", "")] as const;
      // That it exists already is complained of first.
      const isNew = naming.services.get(about.namespaceId, serviceName) === undefined;
      admin.create(about, isNew ? definitionOf(protectThreshold, ...texts) : defaultDefinition);
      return ok;
    }),
    route("PUT", "/v1/ns/service", (request) => {
      const about = request.about(request.requiredServiceName());
      const protectThreshold = parseJavaDouble(request.required("protectThreshold")) ?? 0;
      const texts = [request.optional("metadata", ""), request.optional("selector", "")] as const;
      // That it is unknown, too.
      const isKnown = naming.services.get(about.namespaceId, about.serviceName) !== undefined;
      admin.update(about, isKnown ? definitionOf(protectThreshold, ...texts) : defaultDefinition);
      return ok;
    }),
    route("DELETE", "/v1/ns/service", (request) => {
      admin.delete(request.about(request.bound("serviceName"), request.boundNamespaceId));
      return ok;
    }),
    route("GET", "/v1/ns/service", (request) => serviceDetail(naming, request)),
    route("GET", "/v1/ns/service/list", (request) => serviceList(naming, request)),
    route("GET", "/v1/ns/service/names", (request) => serviceNames(naming, request)),
    route("GET", "/v1/ns/service/subscribers", (request) => subscribers(pushService, request)),
    route("PUT", "/v1/ns/service/checksum", (request) => {
      const { namespaceId, serviceName } = request.about(request.requiredServiceName());
      const service = naming.services.get(namespaceId, serviceName);
      if (service === undefined) {
        throw new NacreError("SERVICE_NOT_FOUND", `serviceName not found: ${serviceName}`);
      }
      return jsonReply(JSON.stringify({ checksum: service.checksum }));
    }),
  ];
}

function definitionOf(
  protectThreshold: number,
  metadata: string,
  selector: string,
): ServiceDefinition {
  return {
    // Nacos keeps the threshold as a 32-bit float.
    protectThreshold: Math.fround(protectThreshold),
    metadata: definedMetadata(metadata),
    selector: parseSelector(selector),
  };
}

function serviceDetail(naming: Naming, request: NacosRequest): Reply {
  const namespaceId = request.boundNamespaceId;
  const serviceName = request.bound("serviceName");
  const service = naming.services.get(namespaceId, serviceName);
  if (service === undefined) {
    throw new NacreError("SERVICE_NOT_FOUND", `service ${serviceName} is not found!`);
  }
  const { protectThreshold, metadata, selector } = service.definition;
  const clusters = javaHashOrder(service.clusters, ({ name }) => name).map(
    ({ name, healthChecker, metadata: clusterMetadata }) => ({
      name,
      healthChecker,
      metadata: clusterMetadata,
    }),
  );
  return jsonReply(
    `{"name":${JSON.stringify(service.bareName)},"namespaceId":${JSON.stringify(namespaceId)},` +
      `"protectThreshold":${floatText(protectThreshold)},"metadata":${JSON.stringify(metadata)},` +
      `"selector":${JSON.stringify(selector)},"groupName":${JSON.stringify(service.groupName)},` +
      `"clusters":${JSON.stringify(clusters)}}`,
  );
}

function serviceList(naming: Naming, request: NacosRequest): Reply {
  const pageNo = intOrZero(request.required("pageNo"));
  const pageSize = intOrZero(request.required("pageSize"));
  const groupName = request.optional("groupName", "DEFAULT_GROUP");
  const services = naming.services.sorted(request.namespaceId);
  // Nobody looks at the selector where there is nothing to select from.
  const filter = parseServiceFilter(services.length === 0 ? "" : request.optional("selector", ""));
  const prefix = groupName === "*" ? "" : `${groupName}@@`;
  const found = services.filter(
    (service) => service.name.startsWith(prefix) && passes(filter, service),
  );
  const start = Math.max(0, (pageNo - 1) * pageSize);
  if (pageSize < 0 && start < found.length) {
    throw new NacreError("INVALID_PARAM", `fromIndex(${start}) > toIndex(${start + pageSize})`);
  }
  const doms = found
    .slice(start, start + pageSize)
    .map(({ name }) => (prefix === "" ? name : name.replaceAll(prefix, "")));
  return jsonReply(JSON.stringify({ doms, count: found.length }));
}

function passes(filter: ReturnType<typeof parseServiceFilter>, service: Service): boolean {
  const metadata: Metadata = service.definition.metadata;
  return filter({ metadata, instances: service.instances });
}

// Bare names by namespace. What is counted are the namespaces: so it is in Nacos.
function serviceNames(naming: Naming, request: NacosRequest): Reply {
  const namespaceId = request.boundOr("namespaceId", "");
  const part = request.boundOr("expr", "");
  // Read and of no use: a member alone is responsible for all.
  request.boundBooleanOr("responsibleOnly", false);
  const isOne = namespaceId.trim() !== "";
  const services = isOne ? naming.services.sorted(namespaceId) : [...naming.services.all()];
  if (isOne && services.length === 0) throw nullPointer();
  const matches = groupedNamePattern(part);
  const found = new Map<string, Set<string>>();
  for (const service of services) {
    let names = found.get(service.namespaceId);
    if (names === undefined) found.set(service.namespaceId, (names = new Set()));
    if (matches(service.name)) names.add(service.bareName);
  }
  const lists = [...found].map(([namespace, names]) => [namespace, [...names]] as const);
  return jsonReply(JSON.stringify({ services: Object.fromEntries(lists), count: found.size }));
}

// A subscription matches when its names contain the ones asked for: so it is in Nacos.
function subscribers(pushService: PushService, request: NacosRequest): Reply {
  const pageNo = intOrZero(request.required("pageNo"));
  const pageSize = intOrZero(request.required("pageSize"));
  const { namespaceId } = request;
  const serviceName = request.requiredServiceName();
  const found = [...pushService.all()].filter((subscriber) =>
    isMatch(subscriber, namespaceId, serviceName),
  );
  const start = Math.max(0, (pageNo - 1) * pageSize);
  if (start > found.length) return jsonReply('{"subscribers":[],"count":0}');
  const page = found.slice(start, start + Math.max(0, pageSize)).map((subscriber) => ({
    addrStr: `${subscriber.declaredIp}:${subscriber.udpPort}`,
    agent: subscriber.agent,
    app: subscriber.app,
    ip: subscriber.declaredIp,
    namespaceId,
    serviceName: subscriber.serviceName,
  }));
  return jsonReply(JSON.stringify({ subscribers: page, count: found.length }));
}

function isMatch(subscriber: Subscriber, namespaceId: string, serviceName: string): boolean {
  const [group = "", bare = ""] = serviceName.split("@@");
  const [subscribedGroup = "", subscribedBare = ""] = subscriber.serviceName.split("@@");
  return (
    subscribedBare.includes(bare) &&
    subscribedGroup.includes(group) &&
    `${subscriber.namespaceId}##${subscriber.serviceName}`.startsWith(namespaceId)
  );
}
