import { describe, expect, it } from "vitest";
import { ask, startApi } from "./start-api.ts";

const NS = "/nacos/v1/ns";

function start(...services: readonly string[]) {
  const { api } = startApi();
  for (const service of services) ask(api, "POST", `${NS}/service?serviceName=${service}`);
  return (query: string) => ask(api, "GET", `${NS}/service/names?${query}`);
}

describe("GET /service/names", () => {
  it("lists bare names by namespace, and counts the namespaces", () => {
    const names = start("a", "g@@a", "b", "c&namespaceId=dev");
    expect(names("").body).toBe('{"services":{"public":["a","b"],"dev":["c"]},"count":2}');
    expect(names("namespaceId=dev").body).toBe('{"services":{"dev":["c"]},"count":1}');
    expect(start()("").body).toBe('{"services":{},"count":0}');
  });

  it("keeps those of which a part matches", () => {
    const names = start("order-api", "order-web", "pay@@card");
    const listed = (expr: string) => names(`expr=${encodeURIComponent(expr)}`).body;
    expect(listed("^order")).toContain('"public":[]');
    expect(listed("order")).toContain('["order-api","order-web"]');
    expect(listed("pay@@c.r")).toContain('["card"]');
    expect(listed("nothing")).toBe('{"services":{"public":[]},"count":1}');
    expect(names("expr=(").status).toBe(400);
  });

  it("fails without a text for a namespace that has no services", () => {
    expect(start("a")("namespaceId=dev&expr=(")).toMatchObject({ status: 500, body: "" });
  });

  it("takes any namespace for one like any other", () => {
    const names = start("a&namespaceId=__proto__");
    expect(names("").body).toBe('{"services":{"__proto__":["a"]},"count":1}');
  });
});
