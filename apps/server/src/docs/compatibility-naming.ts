import { absent, different, type EndpointFamily, same } from "./compatibility-endpoint.ts";

const persistentRefused = "`ephemeral=false` is refused with 500";
const inMemory = "rests in memory and is gone with the process; Nacos writes it to disk";

const switchesFixed = "switches have their defaults; what can be changed is a setting";
const noPeers = "a call between members, and this version runs standalone";
const noMembers = "there are no other members to tell of";
const raftRetired = "Nacos 1.4.1 has retired it as well and answers 500";
const apiTwin = "twin of `/v1/ns/instance` for old clients";

const operatorLines: readonly (readonly [line: string, why: string])[] = [
  ["GET switches", switchesFixed],
  ["PUT switches", switchesFixed],
  ["GET push/state", "the metrics `nacre_push_*` tell more"],
  ["GET distro/server", noMembers],
  ["GET distro/status", noMembers],
  ["GET servers", noMembers],
  ["GET server/status", noPeers],
  ["PUT log", "the setting `nacre.log.level` holds for the whole process"],
  ["GET cluster/state", "there is no Raft"],
];

const operatorAbsent = ["operator", "ops"].flatMap((prefix) =>
  operatorLines.flatMap(([line, why]) => absent(line.replace(" ", ` /v1/ns/${prefix}/`), why)),
);

/** The endpoints below `/v1/ns`. */
export const namingFamilies: readonly EndpointFamily[] = [
  {
    title: "Instances",
    endpoints: [
      ...different(
        "POST /v1/ns/instance",
        `${persistentRefused}; a registration that changes nothing counts as a beat and no more`,
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
      ...absent("POST /v1/ns/service/status", noPeers),
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
    endpoints: [
      ...same(["GET /v1/ns/operator/metrics", "GET /v1/ns/ops/metrics"]),
      ...operatorAbsent,
    ],
  },
  {
    title: "Legacy calls",
    endpoints: [
      ...absent(
        [
          "POST /v1/ns/api",
          "DELETE /v1/ns/api",
          "PUT /v1/ns/api",
          "PATCH /v1/ns/api",
          "GET /v1/ns/api",
          "GET /v1/ns/api/list",
          "PUT /v1/ns/api/beat",
          "GET /v1/ns/api/statuses",
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
    endpoints: absent(
      [
        "PUT /v1/ns/distro/datum",
        "GET /v1/ns/distro/datum",
        "GET /v1/ns/distro/datums",
        "PUT /v1/ns/distro/checksum",
      ],
      noPeers,
    ),
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
