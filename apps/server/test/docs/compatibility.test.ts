import { afterAll, beforeAll, describe, expect, it } from "vitest";
// Internal to the application: only the documents are written from it.
import { absentStatus, endpointFamilies } from "../../src/docs/compatibility.ts";
import type { Endpoint } from "../../src/docs/compatibility-endpoint.ts";
import { memberOf } from "../member.ts";

// The checklist of Nacos 1.4.1's endpoints, a line per family.
const checklist: Readonly<Record<string, readonly string[]>> = {
  POST: [
    ..."/instance /service /service/status /api".split(" ").map(naming),
    ...naming2("raft", "vote beat datum datum/commit"),
    ..."namespaces".split(" ").map((path) => `/v1/console/${path}`),
    ..."login users/login users roles permissions".split(" ").map((path) => `/v1/auth/${path}`),
    ..."report server/leave switch/lookup".split(" ").map((path) => `/v1/core/cluster/${path}`),
    "/v1/core/ops/raft",
  ],
  PUT: [
    ..."/instance /instance/beat /instance/metadata/batch".split(" ").map(naming),
    ..."/service /service/checksum /cluster /health /health/instance".split(" ").map(naming),
    ..."/operator/switches /ops/switches /operator/log /ops/log".split(" ").map(naming),
    ..."/distro/datum /distro/checksum /raft/datum/reload".split(" ").map(naming),
    ..."/api /api/beat /api/metadata/batch".split(" ").map(naming),
    ..."/v1/console/namespaces /v1/auth/users".split(" "),
  ],
  PATCH: ["/instance", "/api"].map(naming),
  DELETE: [
    ..."/instance /instance/metadata/batch /service /api /api/metadata/batch"
      .split(" ")
      .map(naming),
    ...naming2("raft", "datum datum/commit"),
    "/v1/console/namespaces",
    ..."users roles permissions".split(" ").map((path) => `/v1/auth/${path}`),
  ],
  GET: [
    ..."/instance /instance/list /instance/statuses".split(" ").map(naming),
    ..."/service /service/list /service/names /service/subscribers".split(" ").map(naming),
    ...naming2("catalog", "services service instances rt/service"),
    ...naming2("health", "server checkers"),
    ...["operator", "ops"].flatMap((prefix) =>
      naming2(
        prefix,
        "switches metrics push/state distro/server distro/status servers server/status cluster/state",
      ),
    ),
    ...naming2("distro", "datum datums"),
    ...naming2("raft", "peer datum state leader listeners"),
    ...naming2("api", "list statuses allDomNames srvIPXT clientBeat"),
    "/v1/ns/api",
    ..."namespaces server/state health/liveness health/readiness"
      .split(" ")
      .map((path) => `/v1/console/${path}`),
    ..."users users/search roles roles/search permissions"
      .split(" ")
      .map((path) => `/v1/auth/${path}`),
    ..."self nodes simple/nodes health".split(" ").map((path) => `/v1/core/cluster/${path}`),
    "/v1/core/ops/idInfo",
    "/v1/cs/health",
    "/actuator",
    "/actuator/health",
    "/actuator/prometheus",
  ],
};

function naming(path: string): string {
  return `/v1/ns${path}`;
}

function naming2(folder: string, paths: string): readonly string[] {
  return paths.split(" ").map((path) => `/v1/ns/${folder}/${path}`);
}

const endpoints = endpointFamilies.flatMap((family) => family.endpoints);
const listed = endpoints.map(lineOf);
const isServed = ({ verdict }: Endpoint): boolean => verdict !== "absent";

function lineOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path}`;
}

const { server } = memberOf();
const routed = new Set(server.api.routes.map(lineOf));
let base: string;

beforeAll(async () => {
  base = `http://${await server.start()}`;
});

afterAll(() => server.stop());

function ask({ method, path, verdict }: Endpoint): Promise<Response> {
  const place = verdict === "added" ? path : `/nacos${path.replace("*", "anything")}`;
  return fetch(`${base}${place}`, { method, redirect: "manual" });
}

describe("the table of endpoints", () => {
  it("names nothing twice", () => {
    expect(listed.filter((line, at) => listed.indexOf(line) !== at)).toEqual([]);
  });

  it("names every endpoint of Nacos 1.4.1", () => {
    const expected = Object.entries(checklist).flatMap(([method, paths]) =>
      paths.map((path) => lineOf({ method, path })),
    );
    expect(expected.filter((line) => !listed.includes(line))).toEqual([]);
  });

  it("names every route of a member as served", () => {
    const served = new Set(endpoints.filter(isServed).map(lineOf));
    expect([...routed].filter((line) => !served.has(line))).toEqual([]);
  });

  it("calls nothing served that a member does not serve", async () => {
    const beside = endpoints.filter(isServed).filter((endpoint) => !routed.has(lineOf(endpoint)));
    expect(beside.map(lineOf)).toEqual([
      "GET /actuator",
      "GET /actuator/health",
      "GET /actuator/prometheus",
      "GET /livez",
      "GET /readyz",
    ]);
    for (const endpoint of beside) {
      expect((await ask(endpoint)).status, lineOf(endpoint)).toBe(200);
    }
  });

  it("tells what a client gets where an endpoint is absent", async () => {
    const absent = endpoints.filter((endpoint) => !isServed(endpoint));
    expect(absent.length).toBeGreaterThan(50);
    for (const endpoint of absent) {
      const response = await ask(endpoint);
      const line = lineOf(endpoint);
      expect(response.status, line).toBe(absentStatus(endpoint));
      expect(await response.json(), line).toMatchObject({
        message: expect.stringMatching(/^(no such api:|No message available$)/),
      });
    }
  });

  it("says how an endpoint differs, or why it is absent", () => {
    const silent = endpoints.filter(({ verdict, note }) => verdict !== "same" && note === "");
    expect(silent).toEqual([]);
  });
});
