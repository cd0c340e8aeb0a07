import {
  absent,
  added,
  different,
  type EndpointFamily,
  otherExtendInfo,
  same,
} from "./compatibility-endpoint.ts";

const noNamespaces = "no list of namespaces is kept; every naming call takes any namespace id";
const noAccounts = "this version has no accounts";

/** The endpoints beside naming, and those that Nacos does not have. */
export const besideFamilies: readonly EndpointFamily[] = [
  {
    title: "Console",
    endpoints: [
      ...same("GET /v1/console/server/state"),
      ...same(
        ["GET /v1/console/health/liveness", "GET /v1/console/health/readiness"],
        "always `OK`, also while the member loads; `/readyz` knows",
      ),
      ...absent(
        [
          "GET /v1/console/namespaces",
          "POST /v1/console/namespaces",
          "PUT /v1/console/namespaces",
          "DELETE /v1/console/namespaces",
        ],
        noNamespaces,
      ),
      ...absent(["GET /", "GET /index.html"], "there are no console pages"),
    ],
  },
  {
    title: "Accounts",
    endpoints: absent(
      [
        "POST /v1/auth/login",
        "POST /v1/auth/users/login",
        "POST /v1/auth",
        "POST /v1/auth/users",
        "PUT /v1/auth/users",
        "DELETE /v1/auth/users",
        "GET /v1/auth/users",
        "GET /v1/auth/users/search",
        "GET /v1/auth/roles",
        "POST /v1/auth/roles",
        "DELETE /v1/auth/roles",
        "GET /v1/auth/roles/search",
        "GET /v1/auth/permissions",
        "POST /v1/auth/permissions",
        "DELETE /v1/auth/permissions",
      ],
      noAccounts,
    ),
  },
  {
    title: "Members",
    endpoints: [
      ...different(["GET /v1/core/cluster/self", "GET /v1/core/cluster/nodes"], otherExtendInfo),
      ...same(["GET /v1/core/cluster/simple/nodes", "GET /v1/core/cluster/health"]),
      ...different(
        "POST /v1/core/cluster/report",
        "a member that does not serve yet answers with code 501, which Nacos counts neither way",
      ),
      ...different(
        "POST /v1/core/cluster/switch/lookup",
        "code 500 in any case: where members are listed is a setting",
      ),
      ...different(
        "POST /v1/core/cluster/server/leave",
        "only members may call it; who leaves counts as down here, and stays in the list",
      ),
      ...absent("POST /v1/core/ops/raft", "there is no Raft"),
      ...absent("GET /v1/core/ops/idInfo", "there is no generator of ids"),
    ],
  },
  {
    title: "Configuration service",
    endpoints: [
      ...absent("GET /v1/cs/health", "probe `/v1/console/health/readiness` or `/readyz`"),
      ...absent(
        ["GET /v1/cs/*", "POST /v1/cs/*", "PUT /v1/cs/*", "DELETE /v1/cs/*"],
        "Nacre is a registry and keeps no configuration",
      ),
    ],
  },
  {
    title: "Actuator",
    endpoints: [
      ...different("GET /actuator", "lists `health` and `prometheus`, which are always on"),
      ...same("GET /actuator/health"),
      ...different(
        "GET /actuator/prometheus",
        "404 in Nacos until switched on; the series are in [metrics](metrics.md)",
      ),
      ...absent("GET /actuator/*", "nothing else of Spring is here"),
    ],
  },
  {
    title: "Added by Nacre",
    endpoints: [
      ...added("GET /nacre/v1/history", "what happened to instances, and why"),
      ...added("GET /nacre/v1/held", "instances whose removal the brake holds"),
      ...added("GET /nacre/v1/convergence", "the peers, and how far they agree"),
      ...added("POST /nacre/v1/leave", "makes the member hand over and stop"),
      ...added(
        ["greet", "sync", "beats", "digest", "fetch", "leaving"].map(
          (call) => `POST /nacre/v1/peer/${call}`,
        ),
        "for Nacre members only, see [protocol](protocol.md#what-nacre-members-say)",
      ),
      ...added("GET /livez", "200 while the process answers"),
      ...added("GET /readyz", "200 while the member serves, else 503 with the reasons"),
    ],
  },
];
