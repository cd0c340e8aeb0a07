import { afterEach, describe, expect, it } from "vitest";
import { openConnection } from "./raw-connection.ts";
import { startServer } from "./start-api.ts";

const NAMING = "/nacos/v1/ns/instance/list";
const CONSOLE = "/nacos/v1/console/server/state";
const ELSEWHERE = "Origin: http://example.com";
const METHOD = "Access-Control-Request-Method: POST";

const leftovers: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of leftovers.splice(0).reverse()) await end();
});

async function ask(target: string, ...headers: readonly string[]) {
  const started = await startServer();
  leftovers.push(started.close);
  const connection = await openConnection(await started.listen());
  leftovers.push(() => connection.destroy());
  return await connection.request("OPTIONS", target, headers);
}

describe("a preflight", () => {
  it("is allowed what it asks for", async () => {
    const names = "Access-Control-Request-Headers: x-a, x-b";
    const { status, headers, body } = await ask(CONSOLE, ELSEWHERE, METHOD, names);
    expect([status, body]).toEqual([200, ""]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "access-control-allow-origin": "http://example.com",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "x-a, x-b",
      "access-control-max-age": "18000",
    });
    expect(headers.has("content-type")).toBe(false);
  });

  it("is answered 501 below the naming API, as in Nacos", async () => {
    const { status, headers, body } = await ask(NAMING, ELSEWHERE, METHOD);
    expect([status, body]).toEqual([501, ""]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "access-control-allow-origin": "http://example.com",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "POST",
      allow: "GET, HEAD, POST, PUT, DELETE, TRACE, OPTIONS, PATCH",
    });
    const absent = ["content-type", "access-control-max-age", "access-control-allow-headers"];
    for (const name of absent) expect(headers.has(name), name).toBe(false);
  });

  it("is none without an origin, without a method, or elsewhere", async () => {
    const json = "application/json;charset=UTF-8";
    for (const headers of [[ELSEWHERE], [METHOD]]) {
      const answer = await ask(NAMING, ...headers);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([501, json]);
    }
    expect((await ask("/elsewhere", ELSEWHERE, METHOD)).status).toBe(404);
  });
});
