import { type Clock, datumKey } from "@nacre/core";
import {
  type Naming,
  type PushService,
  type Switches,
  unknownServiceText,
  type ViewQuery,
  viewOf,
} from "@nacre/naming";
import { isNewJava, isPushable } from "./agent.ts";
import { nullPointer } from "./error-reply.ts";
import { jsonReply, type Reply } from "./reply.ts";
import { intOf, isTrue, type NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";

/** What the list endpoint works on. */
export interface ListRoutesOptions {
  readonly clock: Clock;
  readonly naming: Naming;
  readonly pushService: PushService;
  readonly switches: Switches;
}

/** `GET /v1/ns/instance/list` (`http-api.md` 2.1.6): who serves, and please tell me of changes. */
export function listRoutes(options: ListRoutesOptions): readonly Route[] {
  const { clock, naming, switches } = options;
  return [
    route("GET", "/v1/ns/instance/list", (request) => {
      const { namespaceId } = request;
      const serviceName = request.serviceName();
      const groupedNames = isNewJava(request.agent);
      const isSubscribed = subscribe(request, namespaceId, serviceName, options);
      const query: ViewQuery = {
        clusters: request.optional("clusters", ""),
        healthyOnly: isTrue(request.optional("healthyOnly", "false")),
        env: request.optional("env", ""),
        cacheMillis: isSubscribed ? switches.defaultPushCacheMillis : switches.defaultCacheMillis,
        groupedNames: groupedNames === true,
      };
      const service = naming.services.get(namespaceId, serviceName);
      if (service === undefined) return jsonReply(unknownServiceText(serviceName, query));
      const view = viewOf(service, query);
      if (view.hasCandidates && isTrue(request.optional("isCheck", "false"))) return emptyObject;
      if (groupedNames === undefined) throw nullPointer();
      const atMs = String(Math.round(clock.epochMs()));
      return jsonReply(view.head + atMs + view.tail, view.byteLength + atMs.length);
    }),
  ];
}

const emptyObject: Reply = jsonReply("{}");
const PORT_MAX = 65_535;

function subscribe(
  request: NacosRequest,
  namespaceId: string,
  serviceName: string,
  { pushService, switches }: ListRoutesOptions,
): boolean {
  const udpPort = intOf(request.optional("udpPort", "0"));
  if (udpPort <= 0 || udpPort > PORT_MAX) return false;
  const { agent } = request;
  if (!switches.pushEnabled || !isPushable(agent, switches)) return false;
  return pushService.subscribe(datumKey(namespaceId, serviceName), {
    namespaceId,
    serviceName,
    clusters: request.optional("clusters", ""),
    agent: agent.text,
    groupedNames: isNewJava(agent) === true,
    address: request.address,
    udpPort,
    declaredIp: request.optional("clientIP", "127.0.0.1"),
    app: request.optional("app", ""),
  });
}
