import { NacreError, type PeerHandler } from "@nacre/core";
import { jsonReply, type Reply } from "../reply.ts";
import type { NacosRequest } from "../request.ts";
import { type Route, route } from "../route.ts";
import type { ClusterView } from "./cluster-view.ts";
import { boundList, boundText, readJson } from "./jackson.ts";
import { memberText } from "./java-texts.ts";
import { reportOf } from "./member-report.ts";
import { jsonBodyText } from "./peer-body.ts";
import type { PeerGuard } from "./peer-guard.ts";
import { READY_HEADER, WIRE_HEADER, WIRE_VERSION } from "./peer-headers.ts";

/** What the endpoints about members work on. */
export interface MemberRoutesOptions {
  readonly cluster: ClusterView;
  readonly handler: PeerHandler;
  readonly guard: PeerGuard;
}

/** `/v1/core/cluster`: who is there (`http-api.md` 3.3). */
export function memberRoutes(options: MemberRoutesOptions): readonly Route[] {
  const { cluster } = options;
  return [
    route("GET", "/v1/core/cluster/self", () => {
      const self = cluster.member(cluster.self);
      return result(200, null, self === undefined ? "null" : memberText(self));
    }),
    route("GET", "/v1/core/cluster/nodes", (request) => {
      const keyword = request.params.joined("keyword") ?? "";
      const prefix = keyword.trim() === "" ? "" : keyword;
      const found = cluster.members.filter(({ address }) => address.startsWith(prefix));
      return result(200, null, `[${found.map(memberText).join(",")}]`);
    }),
    route("GET", "/v1/core/cluster/simple/nodes", () => {
      const up = cluster.members.filter(({ state }) => state === "UP");
      return result(200, null, JSON.stringify(up.map(({ address }) => address)));
    }),
    route("GET", "/v1/core/cluster/health", () =>
      result(200, null, JSON.stringify(cluster.member(cluster.self)?.state ?? "UP")),
    ),
    route("POST", "/v1/core/cluster/report", (request) => report(options, request)),
    route("POST", "/v1/core/cluster/switch/lookup", (request) => {
      request.bound("type");
      return result(500, "where members are looked up is a setting, it is not switched", "null");
    }),
    route("POST", "/v1/core/cluster/server/leave", (request) => leave(options, request)),
  ];
}

function report({ handler, guard }: MemberRoutesOptions, request: NacosRequest): Reply {
  const given = reportOf(jsonBodyText(request, { method: REPORT, bytesMax: BODY_BYTES_MAX }));
  if (given === undefined) return result(400, "Node information is illegal", "null");
  // Whoever is no member is told so; it is no failure to a member of Java either.
  if (!guard.mayReport(request, given.address)) return result(200, null, '"false"');
  // Members of Nacre hear what else there is to know, those of Java exactly what they know.
  const isNacre = request.header(WIRE_HEADER.toLowerCase()) !== undefined;
  const reply = reportReply(() => handler.onReport(given));
  return isNacre ? { ...reply, headers: greetingHeaders(handler) } : reply;
}

function reportReply(isMember: () => boolean): Reply {
  try {
    return result(200, null, `"${isMember()}"`);
  } catch (error) {
    if (!(error instanceof NacreError) || error.code !== "STARTING") throw error;
    // A code that counts as neither success nor failure (`distro.md` 6.5).
    return result(501, "server is STARTING now, please try again later!", "null");
  }
}

function greetingHeaders(handler: PeerHandler): Readonly<Record<string, string>> {
  return {
    [WIRE_HEADER]: String(WIRE_VERSION),
    [READY_HEADER]: String(handler.onGreet().isReady),
  };
}

// What leaves may come back with its next report. The list of members is not touched: it is a setting.
function leave({ cluster, handler, guard }: MemberRoutesOptions, request: NacosRequest): Reply {
  guard.check(request);
  const text = jsonBodyText(request, { method: LEAVE, bytesMax: BODY_BYTES_MAX });
  for (const address of boundList(readJson(text), "java.util.ArrayList").map(boundText)) {
    if (address === null || address === cluster.self) continue;
    if (cluster.member(address) !== undefined) handler.onLeaving(address);
  }
  return result(200, null, '"ok"');
}

// Every field is there, also when it is `null`.
function result(code: number, message: string | null, data: string): Reply {
  return jsonReply(`{"code":${code},"message":${JSON.stringify(message)},"data":${data}}`);
}

const BODY_BYTES_MAX = 2 * 1_048_576;
const CONTROLLER =
  "public com.alibaba.nacos.common.model.RestResult<java.lang.String> " +
  "com.alibaba.nacos.core.controller.NacosClusterController";
const REPORT = `${CONTROLLER}.report(com.alibaba.nacos.core.cluster.Member)`;
const LEAVE = `${CONTROLLER}.leave(java.util.Collection<java.lang.String>) throws java.lang.Exception`;
