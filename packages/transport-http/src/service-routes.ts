import { javaFloat, javaHashOrder, type Metadata, NacreError, parseJavaDouble } from "@nacre/core";
import type {
  Naming,
  PushService,
  Service,
  ServiceAdmin,
  ServiceDefinition,
  Subscriber,
} from "@nacre/naming";
import { definedMetadata } from "./instance-routes.ts";
import { jsonReply, ok, type Reply } from "./reply.ts";
import { intOrZero, type NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";
import { parseSelector, parseServiceFilter } from "./selector-text.ts";

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
      const metadata = definedMetadata(request.boundOr("metadata", ""));
      const selector = parseSelector(request.boundOr("selector", ""));
      const definition = defined({ protectThreshold, metadata, selector });
      admin.create(request.about(serviceName), definition);
      return ok;
    }),
    route("PUT", "/v1/ns/service", (request) => {
      const about = request.about(request.requiredServiceName());
      const protectThreshold = parseJavaDouble(request.required("protectThreshold")) ?? 0;
      const metadata = definedMetadata(request.optional("metadata", ""));
      const selector = parseSelector(request.optional("selector", ""));
      admin.update(about, defined({ protectThreshold, metadata, selector }));
      return ok;
    }),
    route("DELETE", "/v1/ns/service", (request) => {
      admin.delete(request.about(request.bound("serviceName")));
      return ok;
    }),
    route("GET", "/v1/ns/service", (request) => serviceDetail(naming, request)),
    route("GET", "/v1/ns/service/list", (request) => serviceList(naming, request)),
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

function defined(definition: ServiceDefinition): ServiceDefinition {
  // Nacos keeps the threshold as a 32-bit float.
  return { ...definition, protectThreshold: Math.fround(definition.protectThreshold) };
}

function serviceDetail(naming: Naming, request: NacosRequest): Reply {
  const { namespaceId } = request;
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

/** A 32-bit float as Jackson writes it. */
export function floatText(value: number): string {
  return Number.isFinite(value) ? javaFloat(value) : `"${value}"`;
}

function serviceList(naming: Naming, request: NacosRequest): Reply {
  const pageNo = intOrZero(request.required("pageNo"));
  const pageSize = intOrZero(request.required("pageSize"));
  const groupName = request.optional("groupName", "DEFAULT_GROUP");
  const filter = parseServiceFilter(request.optional("selector", ""));
  const prefix = groupName === "*" ? "" : `${groupName}@@`;
  const found = naming.services
    .sorted(request.namespaceId)
    .filter((service) => service.name.startsWith(prefix) && passes(filter, service));
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
