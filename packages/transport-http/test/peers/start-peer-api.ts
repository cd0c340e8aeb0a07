import { DistroMapper, type Member } from "@nacre/core";
import {
  type ClusterView,
  type MemberAddresses,
  NacosApi,
  PeerGuard,
  type PeerGuardOptions,
  peerRoutes,
} from "@nacre/transport-http";
import { ask, type Extras, startApi } from "../start-api.ts";
import { RecordingHandler } from "./recording-handler.ts";

/** What a member of a test cluster is started with. */
export interface PeerApiOptions {
  readonly self?: string;

  /** Self included. */
  readonly addresses?: readonly string[];
  readonly isReady?: boolean;
  readonly isStandalone?: boolean;
  readonly guard?: PeerGuardOptions;
  readonly peerBodyBytesMax?: number;
}

/** A member as Java would show it a while after its start. */
export function memberAt(address: string, more: Partial<Member> = {}): Member {
  const at = address.lastIndexOf(":");
  const port = Number(address.slice(at + 1));
  return {
    address,
    ip: address.slice(0, at),
    port,
    state: "UP",
    failAccessCnt: 0,
    extendInfo: { version: "1.4.1", raftPort: String(port - 1_000) },
    kind: "java",
    isReady: true,
    ...more,
  };
}

/** The addresses of members that are listed by their IP addresses. */
export function addressesOf({ members }: { readonly members: Iterable<Member> }): MemberAddresses {
  return {
    isMember: (address) => [...members].some((member) => member.address === address),
    isMemberIp: (ip) => [...members].some((member) => member.ip.replace(/^\[|\]$/g, "") === ip),
  };
}

/** The API of a member of a cluster whose three members call from one machine. */
export function startPeerApi(options: PeerApiOptions = {}) {
  const self = options.self ?? "10.0.0.1:8848";
  const addresses = options.addresses ?? ["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"];
  const { isReady = true, isStandalone = false, peerBodyBytesMax } = options;
  const members = new Map(addresses.toSorted().map((address) => [address, memberAt(address)]));
  const mapper = new DistroMapper({ self, addresses });
  const cluster: ClusterView = {
    self,
    isReady,
    get members() {
      return [...members.values()];
    },
    member: (address) => members.get(address),
    memberFor: (name) => mapper.memberFor(name),
    isResponsible: (name) => mapper.isResponsible(name),
  };
  const handler = new RecordingHandler();
  const counters = { droppedCount: 0 };
  const { clock, logger, naming, api: base } = startApi();
  const guard = new PeerGuard({ clock, logger, members: addressesOf(cluster) }, options.guard);
  const routes = peerRoutes({
    clock,
    naming,
    cluster,
    handler,
    guard,
    counters,
    isStandalone,
    peerBodyBytesMax,
  });
  const all = [...base.routes, ...routes];
  const api = new NacosApi({ clock, logger }, { routes: all, contextPath: "/nacos" });
  return { api, clock, logger, naming, cluster, members, handler, guard, counters };
}

/** A call of a member with a JSON body; what is no text or bytes is written as JSON. */
export function call(
  api: Parameters<typeof ask>[0],
  method: string,
  target: string,
  body?: unknown,
  extras: Extras = {},
) {
  const bytes = Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "content-type": "application/json;charset=UTF-8", ...extras.headers };
  return ask(api, method, target, {
    addressOf: () => "10.0.0.2",
    agentText: "Nacos-Server:1.4.1",
    ...extras,
    headers,
    body: body === undefined ? undefined : Buffer.from(bytes),
  });
}
