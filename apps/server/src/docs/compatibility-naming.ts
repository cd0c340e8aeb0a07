import {
  absent,
  different,
  type EndpointFamily,
  otherExtendInfo,
  same,
} from "./compatibility-endpoint.ts";

const persistentRefused = "`ephemeral=false` is refused with 500";
const inMemory =
  "rests in the members' memory and is gone when all have stopped; Nacos writes it to disk";

const membersOnly = "only members may call it; in Nacos anybody may";
const notLoaded = "503 until the member has loaded";
const switchesFixed = "switches have their defaults; what can be changed is a setting";
const raftRetired = "Nacos 1.4.1 has retired it as well and answers 500";
const apiTwin = "twin of `/v1/ns/instance` for old clients";

const operatorLines: readonly (readonly [line: string, as: typeof different, note: string])[] = [
  ["GET metrics", same, ""],
  ["GET switches", absent, switchesFixed],
  ["PUT switches", absent, switchesFixed],
  ["GET push/state", absent, "the metrics `nacre_push_*` tell more"],
  ["GET distro/server", same, ""],
  ["GET distro/status", different, otherExtendInfo],
  ["GET servers", different, otherExtendInfo],
  ["GET server/status", same, ""],
  ["PUT log", absent, "the setting `nacre.log.level` holds for the whole process"],
  [
    "GET cluster/state",
    different,
    "a member of a cluster answers 500, as one of Nacos that has no peers in its Raft",
  ],
];

const operatorEndpoints = ["operator", "ops"].flatMap((prefix) =>
  operatorLines.flatMap(([line, as, note]) => as(line.replace(" ", ` /v1/ns/${prefix}/`), note)),
);

/** The endpoints below `/v1/ns`. */
export const namingFamilies: readonly EndpointFamily[] = [
  {
    title: "Instances",
    endpoints: [
      ...different(
        "POST /v1/ns/instance",
        `${persistentRefused}; a registration that changes nothing counts as a beat, and nobody sees more`,
      ),
      ...same("DELETE /v1/ns/instance"),
      ...different("PUT /v1/ns/instance", `as for POST: ${persistentRefused}`),
      ...different(
        "PATCH /v1/ns/instance",
        "a patch that is refused changes nothing; in Nacos its weight is in effect all the same",
      ),
      ...same("GET /v1/ns/instance"),
      ...different(
        "GET /v1/ns/instance/list",
        "pushes go to where the request came from, not to `clientIP`",
      ),
      ...different(
        "PUT /v1/ns/instance/beat",
        "a beat that would make a persistent instance is refused with 500",
      ),
      ...same("GET /v1/ns/instance/statuses"),
      ...different(
        ["PUT /v1/ns/instance/metadata/batch", "DELETE /v1/ns/instance/metadata/batch"],
        "instances of the same address in other clusters stay; Nacos loses them",
      ),
    ],
  },
  {
    title: "Services",
    endpoints: [
      ...different(["POST /v1/ns/service", "PUT /v1/ns/service"], `the definition ${inMemory}`),
      ...same("DELETE /v1/ns/service"),
      ...same("GET /v1/ns/service"),
      ...same("GET /v1/ns/service/list"),
      ...different(
        "GET /v1/ns/service/names",
        "`expr` knows no look-around and no back references, and 300 characters at most",
      ),
      ...different("POST /v1/ns/service/status", membersOnly),
      ...same("PUT /v1/ns/service/checksum"),
      ...same("GET /v1/ns/service/subscribers"),
    ],
  },
  {
    title: "Catalog",
    endpoints: [
      ...different(
        "GET /v1/ns/catalog/services",
        "the name filters know no look-around and no back references, and 300 characters at most",
      ),
      ...same(["GET /v1/ns/catalog/service", "GET /v1/ns/catalog/instances"]),
      ...absent("GET /v1/ns/catalog/rt/service", "the member itself checks no instance"),
    ],
  },
  {
    title: "Clusters and health",
    endpoints: [
      ...different("PUT /v1/ns/cluster", `\`checkPort=0\` is taken; the cluster ${inMemory}`),
      ...same(["PUT /v1/ns/health", "PUT /v1/ns/health/instance", "GET /v1/ns/health/server"]),
      ...absent("GET /v1/ns/health/checkers", "Nacos 1.4.1 answers 501 as well"),
    ],
  },
  {
    title: "Operator",
    endpoints: operatorEndpoints,
  },
  {
    title: "Legacy calls",
    endpoints: [
      ...same("GET /v1/ns/api/statuses"),
      ...absent(
        [
          "POST /v1/ns/api",
          "DELETE /v1/ns/api",
          "PUT /v1/ns/api",
          "PATCH /v1/ns/api",
          "GET /v1/ns/api",
          "GET /v1/ns/api/list",
          "PUT /v1/ns/api/beat",
          "PUT /v1/ns/api/metadata/batch",
          "DELETE /v1/ns/api/metadata/batch",
        ],
        apiTwin,
      ),
      ...absent(
        ["GET /v1/ns/api/allDomNames", "GET /v1/ns/api/srvIPXT", "GET /v1/ns/api/clientBeat"],
        "for the DNS plug-in and old clients",
      ),
    ],
  },
  {
    title: "Between members: Distro",
    endpoints: [
      ...different("PUT /v1/ns/distro/datum", `${membersOnly}; an empty map is taken`),
      ...different(
        ["GET /v1/ns/distro/datum", "GET /v1/ns/distro/datums"],
        `${membersOnly}; ${notLoaded}; what is beyond ASCII is escaped`,
      ),
      ...different(
        "PUT /v1/ns/distro/checksum",
        `${membersOnly}; answered before the map is looked at; see [protocol](protocol.md)`,
      ),
    ],
  },
  {
    title: "Between members: Raft",
    endpoints: [
      ...absent(
        [
          "POST /v1/ns/raft/vote",
          "POST /v1/ns/raft/beat",
          "GET /v1/ns/raft/peer",
          "PUT /v1/ns/raft/datum/reload",
          "POST /v1/ns/raft/datum",
          "DELETE /v1/ns/raft/datum",
          "GET /v1/ns/raft/datum",
          "POST /v1/ns/raft/datum/commit",
          "DELETE /v1/ns/raft/datum/commit",
          "GET /v1/ns/raft/state",
          "GET /v1/ns/raft/leader",
          "GET /v1/ns/raft/listeners",
        ],
        raftRetired,
      ),
      ...absent("GET /nacos/v1/ns/raft/*", "second place of the same calls"),
    ],
  },
];
