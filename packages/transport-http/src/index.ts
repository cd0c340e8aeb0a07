/**
 * The HTTP API of Nacos 1.4.1's naming service, on top of `@nacre/naming`, and the calls between
 * members.
 *
 * {@link nacosRoutes} is the table of endpoints, {@link NacosApi} answers by it, and
 * {@link HttpServer} serves that over HTTP. {@link DistroAgent} calls peers, {@link peerRoutes} answer
 * theirs.
 *
 * @packageDocumentation
 */

export {
  type ConvergenceAnswer,
  convergenceRoutes,
  type ConvergenceRoutesOptions,
  type ConvergenceView,
  type DifferingKeys,
  type PeerConvergenceAnswer,
  type PeerForwardAnswer,
} from "./convergence-routes.ts";
export {
  ForwardAgent,
  type ForwardAgentDependencies,
  type ForwardAgentOptions,
} from "./forward/forward-agent.ts";
export type { ForwardAnswer } from "./forward/forward-answer.ts";
export { WriteForwarding, type WriteForwardingDependencies } from "./forward/write-forwarding.ts";
export { HttpServer, type HttpServerDependencies, type HttpServerOptions } from "./http-server.ts";
export { leaveRoutes, type LeaveRoutesOptions } from "./leave-routes.ts";
export {
  type Answer,
  NacosApi,
  type NacosApiDependencies,
  type NacosApiOptions,
  type RawRequest,
} from "./nacos-api.ts";
export { type NacosRoutesOptions, nacosRoutes } from "./nacos-routes.ts";
export type { SystemUsage } from "./operator-routes.ts";
export type { OnMalformed, Params } from "./params.ts";
export type { ByteCounts } from "./peers/call-bytes.ts";
export type { ClusterView, MemberAddresses } from "./peers/cluster-view.ts";
export { encodeData, type EncodeDataOptions } from "./peers/datum-codec.ts";
export { type ReadData, readData } from "./peers/datum-reader.ts";
export {
  DistroAgent,
  type DistroAgentDependencies,
  type DistroAgentOptions,
} from "./peers/distro-agent.ts";
export type { PeerCounters } from "./peers/peer-counters.ts";
export {
  type Identity,
  PeerGuard,
  type PeerGuardDependencies,
  type PeerGuardOptions,
} from "./peers/peer-guard.ts";
export {
  type PeerAnswer,
  type PeerCall,
  PeerPool,
  type PeerPoolDependencies,
  type PeerPoolOptions,
} from "./peers/peer-pool.ts";
export { peerRoutes, type PeerRoutesOptions } from "./peers/peer-routes.ts";
export type { Reply, SettledReply } from "./reply.ts";
export {
  NacosRequest,
  type RequestHeaders,
  type RequestParts,
  type WriteOrigin,
} from "./request.ts";
export type { Caller, Method, Route } from "./route.ts";
export type { ServerStatus } from "./server-status.ts";
