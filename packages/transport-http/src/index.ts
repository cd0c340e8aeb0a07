/**
 * The HTTP API of Nacos 1.4.1's naming service, on top of `@nacre/naming`.
 *
 * {@link nacosRoutes} is the table of endpoints, {@link NacosApi} answers by it, and
 * {@link HttpServer} serves that over HTTP.
 *
 * @packageDocumentation
 */

export { HttpServer, type HttpServerDependencies, type HttpServerOptions } from "./http-server.ts";
export {
  NacosApi,
  type NacosApiDependencies,
  type NacosApiOptions,
  type RawRequest,
} from "./nacos-api.ts";
export { type NacosRoutesOptions, nacosRoutes } from "./nacos-routes.ts";
export type { SystemUsage } from "./operator-routes.ts";
export type { OnMalformed, Params } from "./params.ts";
export type { Reply, SettledReply } from "./reply.ts";
export { NacosRequest, type RequestParts } from "./request.ts";
export type { Method, Route } from "./route.ts";
