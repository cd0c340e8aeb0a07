import { NacreError } from "@nacre/core";
import type { Naming } from "@nacre/naming";
import { jsonReply, ok, type Reply } from "../reply.ts";
import type { NacosRequest } from "../request.ts";
import { type Route, route } from "../route.ts";
import type { ClusterView } from "./cluster-view.ts";
import { memberText } from "./java-texts.ts";

/** What the operator endpoints about members work on. */
export interface ClusterOperatorRoutesOptions {
  readonly naming: Naming;
  readonly cluster: ClusterView;

  /** Whether this member runs alone. */
  readonly isStandalone: boolean;
}

/** What operators, and some members of Java, ask about members (`http-api.md` 2.6). */
export function clusterOperatorRoutes(options: ClusterOperatorRoutesOptions): readonly Route[] {
  const { cluster } = options;
  const all: readonly (readonly [string, Route["answer"]])[] = [
    ["servers", (request) => servers(cluster, request)],
    ["distro/server", (request) => responsibleServer(options, request)],
    ["distro/status", (request) => distroStatus(cluster, request)],
    ["server/status", (request) => serverStatus(cluster, request)],
    ["cluster/state", () => clusterState(options)],
  ];
  return ["operator", "ops"].flatMap((family) =>
    all.map(([path, answer]) => route("GET", `/v1/ns/${family}/${path}`, answer)),
  );
}

function servers({ members }: ClusterView, request: NacosRequest): Reply {
  const healthy = request.boundBooleanOr("healthy", false);
  const shown = healthy ? members.filter(({ state }) => state === "UP") : members;
  return jsonReply(`{"servers":[${shown.map(memberText).join(",")}]}`);
}

function responsibleServer(
  { naming, cluster }: ClusterOperatorRoutesOptions,
  request: NacosRequest,
): Reply {
  const serviceName = request.bound("serviceName");
  if (naming.services.get(request.boundNamespaceId, serviceName) === undefined) {
    throw new NacreError("SERVICE_UNKNOWN", "service not found");
  }
  return jsonReply(JSON.stringify({ responsibleServer: cluster.memberFor(serviceName) }));
}

function distroStatus({ members }: ClusterView, request: NacosRequest): Reply {
  if (request.boundOr("action", "view") !== "view") return jsonReply("{}");
  return jsonReply(`{"status":[${members.map(memberText).join(",")}]}`);
}

// An older exchange (`distro.md` 6.8): what it tells is known from reports.
function serverStatus(cluster: ClusterView, request: NacosRequest): Reply {
  const [, address, , weight] = request.bound("serverStatus").replaceAll("\r\n", "").split("#");
  if (address === undefined || weight === undefined) return ok;
  if (cluster.member(address) !== undefined) return ok;
  throw new NacreError("INVALID_PARAM", `server: ${address} is not in serverlist`);
}

// A member of a cluster has no raft, and says what one whose raft has no peers says. One that looked
// like a peer of it would be counted as such (`distro.md` 9.3).
function clusterState({ cluster, isStandalone }: ClusterOperatorRoutesOptions): Reply {
  const { self: ip } = cluster;
  if (!isStandalone) {
    throw new NacreError("UNREADABLE_PARAM", `unable to find local peer: ${ip}, all peers: []`);
  }
  const due = { leaderDueMs: 15_000, heartbeatDueMs: 5_000 };
  return jsonReply(JSON.stringify({ ip, term: -1, ...due, state: "FOLLOWER" }));
}
