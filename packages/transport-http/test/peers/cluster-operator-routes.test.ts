import { NacosApi } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
// Not exported: `nacosRoutes` holds them.
import { operatorRoutes } from "../../src/operator-routes.ts";
import { ask } from "../start-api.ts";
import { memberAt, startPeerApi } from "./start-peer-api.ts";

describe.each(["operator", "ops"])("/v1/ns/%s", (family) => {
  const base = `/nacos/v1/ns/${family}`;

  it("shows all servers, or those that are up", () => {
    const { api, members } = startPeerApi();
    members.set("10.0.0.2:8848", memberAt("10.0.0.2:8848", { state: "DOWN" }));
    const addresses = (query: string): readonly unknown[] => {
      const { servers } = JSON.parse(ask(api, "GET", `${base}/servers${query}`).body) as {
        readonly servers: readonly { readonly address: string }[];
      };
      return servers.map(({ address }) => address);
    };
    expect(addresses("")).toEqual(["10.0.0.1:8848", "10.0.0.2:8848", "10.0.0.3:8848"]);
    expect(addresses("?healthy=true")).toEqual(["10.0.0.1:8848", "10.0.0.3:8848"]);
    expect(ask(api, "GET", `${base}/servers?healthy=x`).body).toContain(
      "Invalid boolean value [x];",
    );
  });

  it("names the responsible server of a service that exists", () => {
    const { api, naming, cluster } = startPeerApi();
    naming.services.ensure("public", "DEFAULT_GROUP@@a");
    const { body } = ask(api, "GET", `${base}/distro/server?serviceName=a`);
    const responsibleServer = cluster.memberFor("DEFAULT_GROUP@@a");
    expect(JSON.parse(body)).toEqual({ responsibleServer });
    const unknown = ask(api, "GET", `${base}/distro/server?serviceName=b`);
    expect([unknown.status, unknown.body]).toEqual([400, "caused: service not found;"]);
    expect(ask(api, "GET", `${base}/distro/server`).body).toBe(
      "caused: Required String parameter 'serviceName' is not present;",
    );
  });

  it("shows the status of members, and nothing for another action", () => {
    const { api } = startPeerApi();
    const { status } = JSON.parse(ask(api, "GET", `${base}/distro/status`).body) as {
      readonly status: readonly unknown[];
    };
    expect(status).toHaveLength(3);
    expect(ask(api, "GET", `${base}/distro/status?action=other`).body).toBe("{}");
  });

  it("hears of servers that it knows", () => {
    const { api } = startPeerApi();
    const tell = (address: string) =>
      ask(api, "GET", `${base}/server/status?serverStatus=unknown%23${address}%231%231%0D%0A`);
    expect(tell("10.0.0.2:8848").body).toBe("ok");
    expect(tell("x:1").status).toBe(400);
    expect(tell("x:1").body).toBe("caused: server: x:1 is not in serverlist;");
    expect(ask(api, "GET", `${base}/server/status?serverStatus=x`).body).toBe("ok");
    expect(ask(api, "GET", `${base}/server/status`).status).toBe(500);
  });

  it("looks like a peer of a raft only when it is alone", () => {
    const alone = startPeerApi({ isStandalone: true });
    expect(JSON.parse(ask(alone.api, "GET", `${base}/cluster/state`).body)).toMatchObject({
      ip: "10.0.0.1:8848",
      term: -1,
      state: "FOLLOWER",
    });
    const answer = ask(startPeerApi().api, "GET", `${base}/cluster/state`);
    expect([answer.status, answer.body]).toEqual([
      500,
      "caused: unable to find local peer: 10.0.0.1:8848, all peers: [];",
    ]);
  });
});

describe("a member of a cluster", () => {
  function startMetrics(isReady: boolean) {
    const { clock, logger, naming, cluster } = startPeerApi({ isReady });
    const systemUsage = () => ({ cpu: 0, load: 0, mem: 0 });
    const routes = operatorRoutes({ naming, systemUsage, cluster, isStandalone: false });
    const api = new NacosApi({ clock, logger }, { routes, contextPath: "/nacos" });
    return { api, naming, cluster };
  }

  it("has no raft, whatever it is asked", () => {
    const { api } = startPeerApi();
    for (const [method, path] of [
      ["POST", "vote"],
      ["POST", "beat"],
      ["GET", "peer"],
      ["GET", "leader"],
    ] as const) {
      const answer = ask(api, method, `/nacos/v1/ns/raft/${path}`);
      expect(answer.status).toBe(501);
      expect(answer.body).toContain(`"message":"no such api:${method}:/nacos/v1/ns/raft/${path}"`);
    }
  });

  it.each([true, false])("counts what it is responsible for (serving: %s)", (isReady) => {
    const { api, naming, cluster } = startMetrics(isReady);
    const names = Array.from({ length: 30 }, (_, at) => `DEFAULT_GROUP@@svc-${at}`);
    for (const name of names) naming.services.ensure("public", name);
    const own = names.filter((name) => cluster.isResponsible(name)).length;
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThan(30);
    expect(JSON.parse(ask(api, "GET", "/nacos/v1/ns/operator/metrics").body)).toMatchObject({
      status: isReady ? "UP" : "STARTING",
      serviceCount: 30,
      responsibleServiceCount: own,
    });
    expect(ask(api, "GET", "/nacos/v1/console/server/state").body).toContain('"cluster"');
  });
});
