import Fastify from "fastify";
import { describe, expect, it } from "vitest";
// Internal to the application: a server registers it.
import { actuatorRoutes } from "../src/actuator-routes.ts";
import { memberOf } from "./member.ts";

const SPRING_JSON = "application/vnd.spring-boot.actuator.v2+json;charset=UTF-8";

function appAt(prefix: string) {
  const app = Fastify();
  void app.register(actuatorRoutes, { prefix, metricsText: async () => "level 1\n" });
  return app;
}

describe("the actuator", () => {
  it("lists what it shows", async () => {
    const response = await appAt("/nacos/actuator").inject("/nacos/actuator");
    expect(response.headers["content-type"]).toBe(SPRING_JSON);
    const hrefs = Object.entries(
      response.json<{ _links: Record<string, { href: string }> }>()._links,
    ).map(([name, { href }]) => [name, href]);
    expect(hrefs).toEqual([
      ["self", "/nacos/actuator"],
      ["health", "/nacos/actuator/health"],
      ["prometheus", "/nacos/actuator/prometheus"],
    ]);
  });

  it("is healthy", async () => {
    const response = await appAt("/actuator").inject("/actuator/health");
    expect(response.headers["content-type"]).toBe(SPRING_JSON);
    expect(response.json()).toEqual({ status: "UP" });
  });

  it("gives metrics in Prometheus's format", async () => {
    const response = await appAt("/actuator").inject("/actuator/prometheus");
    expect(response.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(response.body).toBe("level 1\n");
  });

  it.each(["/nacos", "", "/registry/one"])("stands below the context path %j", async (path) => {
    const { server } = memberOf({ contextPath: path });
    const base = `http://${await server.start()}${path}`;
    const text = await (await fetch(`${base}/actuator/prometheus`)).text();
    expect(text).toMatch(/^nacre_naming_services 0$/m);
    await server.stop();
  });
});
