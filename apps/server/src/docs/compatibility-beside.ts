import { absent, added, different, type EndpointFamily, same } from "./compatibility-endpoint.ts";

const noNamespaces = "no list of namespaces is kept; every naming call takes any namespace id";
const noAccounts = "this version has no accounts";
const noMembers = "this version runs standalone";

/** The endpoints beside naming, and those that Nacos does not have. */
export const besideFamilies: readonly EndpointFamily[] = [
  {
    title: "Console",
    endpoints: [
      ...same("GET /v1/console/server/state"),
      ...same(
        ["GET /v1/console/health/liveness", "GET /v1/console/health/readiness"],
        "always `OK`: nothing has to be loaded first",
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
      ...absent(
        [
          "GET /v1/core/cluster/self",
          "GET /v1/core/cluster/nodes",
          "GET /v1/core/cluster/simple/nodes",
          "GET /v1/core/cluster/health",
          "POST /v1/core/cluster/report",
          "POST /v1/core/cluster/switch/lookup",
          "POST /v1/core/cluster/server/leave",
        ],
        noMembers,
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
      ...added("GET /livez", "200 while the process answers"),
      ...added("GET /readyz", "200 while the member serves, else 503 with the reasons"),
    ],
  },
];
