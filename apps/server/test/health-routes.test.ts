import Fastify from "fastify";
import { describe, expect, it } from "vitest";
// Internal to the application: a server registers it.
import { healthRoutes } from "../src/health-routes.ts";

function appWith(reasons: readonly string[]) {
  const app = Fastify();
  void app.register(healthRoutes, { reasonsNotReady: () => reasons });
  return app;
}

describe("the probes", () => {
  it("say that the process lives, whatever else is wrong", async () => {
    const response = await appWith(["it loads"]).inject("/livez");
    expect([response.statusCode, response.json()]).toEqual([200, { status: "alive" }]);
  });

  it("say that the member serves", async () => {
    const response = await appWith([]).inject("/readyz");
    expect([response.statusCode, response.json()]).toEqual([200, { status: "ready", reasons: [] }]);
  });

  it("can be asked with HEAD", async () => {
    const app = Fastify({ exposeHeadRoutes: false });
    void app.register(healthRoutes, { reasonsNotReady: () => ["it loads"] });
    const statuses = ["/livez", "/readyz"].map(async (url) => {
      const { statusCode, body } = await app.inject({ method: "HEAD", url });
      return [statusCode, body];
    });
    expect(await Promise.all(statuses)).toEqual([
      [200, ""],
      [503, ""],
    ]);
  });

  it("say why it does not", async () => {
    const response = await appWith(["it loads"]).inject("/readyz");
    expect([response.statusCode, response.json()]).toEqual([
      503,
      { status: "not ready", reasons: ["it loads"] },
    ]);
  });
});
