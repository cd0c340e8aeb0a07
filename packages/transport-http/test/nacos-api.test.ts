import { NacreError } from "@nacre/core";
import type { Route } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { ask, startApi } from "./start-api.ts";

const NS = "/nacos/v1/ns";
const LIST = `${NS}/instance/list`;
const STATE = "/nacos/v1/console/server/state";
const INSTANCE = "serviceName=foo&ip=1.1.1.1&port=80";

/** The message of an error page in JSON. */
function messageIn(body: string): unknown {
  return (JSON.parse(body) as { readonly message: unknown }).message;
}

describe("NacosApi", () => {
  it("finds an endpoint by method and path, exactly as spelled", () => {
    const { api } = startApi();
    expect(api.routeOf("GET", LIST)?.path).toBe("/v1/ns/instance/list");
    for (const [method, path] of [
      ["HEAD", LIST],
      ["POST", LIST],
      ["GET", `${LIST}/`],
      ["GET", `${LIST}.json`],
      ["GET", LIST.toUpperCase()],
      ["GET", "/v1/ns/instance/list"],
      ["GET", `${LIST}?`],
    ] as const) {
      expect(api.routeOf(method, path), `${method} ${path}`).toBeUndefined();
    }
  });

  it.each([
    ["HEAD", LIST],
    ["OPTIONS", LIST],
    ["GET", `${LIST}/`],
    ["GET", `${LIST}.json`],
    ["GET", NS],
    ["GET", `${NS}/`],
    ["GET", `${NS}/health/checkers`],
    ["GET", `${NS}/instances`],
    ["POST", `${NS}/service/names`],
    ["DELETE", LIST],
  ])("knows no such endpoint of naming: %s %s", (method, path) => {
    const { api } = startApi();
    const { status, body } = ask(api, method, `${path}?serviceName=foo`);
    expect(status).toBe(501);
    expect(messageIn(body)).toBe(`no such api:${method}:${path}`);
  });

  it("is tolerant outside of naming", () => {
    const { api } = startApi();
    const answer = ask(api, "GET", STATE);
    expect(answer.status).toBe(200);
    expect(ask(api, "GET", `${STATE}/`)).toEqual(answer);
    expect(ask(api, "HEAD", STATE)).toEqual(answer);
    expect(ask(api, "OPTIONS", STATE)).toMatchObject({
      status: 200,
      contentType: undefined,
      body: "",
      headers: { allow: "GET,HEAD,OPTIONS" },
    });
    expect(ask(api, "PATCH", STATE)).toMatchObject({
      status: 500,
      body: "caused: Request method 'PATCH' not supported;",
    });
  });

  it.each(["/nacos", "/nacos/", "/nacos/v1/NS/instance/list", "/nacos/v2/x", "/nacos/v1/nsx"])(
    "has no page at %s",
    (path) => {
      const { status, body } = ask(startApi().api, "GET", path);
      expect(status).toBe(404);
      expect(messageIn(body)).toBe("No message available");
    },
  );

  it.each(["/", "/x", "/nacosx", "*", "/nacre/v1/nothing"])(
    "leaves %s to the container",
    (path) => {
      const { status, contentType } = ask(startApi().api, "GET", path);
      expect([status, contentType]).toEqual([404, "text/html;charset=utf-8"]);
    },
  );

  it("stands at the root with an empty context path", () => {
    const { api } = startApi({ contextPath: "" });
    expect(ask(api, "GET", "/v1/ns/instance/list?serviceName=foo").status).toBe(200);
    expect(ask(api, "GET", "/v1/ns/nothing").status).toBe(501);
    expect(ask(api, "GET", "/v1/console/server/state").status).toBe(200);
    expect(messageIn(ask(api, "GET", "/x").body)).toBe("No message available");
  });

  it("stands wherever the context path says, but for its own endpoints", () => {
    const { api } = startApi({ contextPath: "/x" });
    expect(ask(api, "GET", "/x/v1/ns/instance/list?serviceName=foo").status).toBe(200);
    expect(ask(api, "GET", LIST).status).toBe(404);
    expect(ask(api, "GET", "/nacre/v1/held").status).toBe(200);
    expect(ask(api, "GET", "/x/nacre/v1/held").status).toBe(404);
  });

  it.each(["PUT", "put", "DELETE", "PATCH"])("lets a POST say that it means %s", (method) => {
    const { api } = startApi();
    const { body } = ask(api, "POST", `${NS}/nothing?_method=${method}`);
    expect(messageIn(body)).toBe(`no such api:${method.toUpperCase()}:${NS}/nothing`);
  });

  it.each(["GET", "HEAD", "TRACE", "POST", "", "__proto__"])(
    "lets no POST say that it means %j",
    (method) => {
      const { api } = startApi();
      const { body } = ask(api, "POST", `${NS}/nothing?_method=${method}`);
      expect(messageIn(body)).toBe(`no such api:POST:${NS}/nothing`);
    },
  );

  it("takes the meant method from a form too, and from a POST alone", () => {
    const { api, naming } = startApi();
    expect(ask(api, "POST", `${NS}/instance?${INSTANCE}`).body).toBe("ok");
    expect(ask(api, "PUT", `${NS}/instance?${INSTANCE}&_method=DELETE`).body).toBe("ok");
    expect(naming.instanceCount).toBe(1);
    ask(api, "POST", `${NS}/instance`, { form: `${INSTANCE}&_method=delete` });
    expect(naming.instanceCount).toBe(0);
  });

  it("refuses TRACE, unknown methods and paths that look like an attack", () => {
    const { api } = startApi();
    const statusOf = (method: string, path: string) => ask(api, method, path).status;
    expect(statusOf("TRACE", LIST)).toBe(405);
    expect(statusOf("PROPFIND", LIST)).toBe(500);
    expect(statusOf("GET", `${NS}/instance%2Flist`)).toBe(400);
    for (const path of ["instance%2flist", "instance%5Clist", "instance%00", "%zz", "list%4"]) {
      expect(statusOf("GET", `${NS}/${path}`), path).toBe(400);
    }
    for (const [path, text] of [
      [`${NS}//instance/list`, "//"],
      [`${LIST};a=b`, ";"],
      [`${LIST}%3Ba=b`, "%3B"],
      [`${NS}/%2e/instance`, "%2e"],
      [`${NS}/%2569nstance`, "%25"],
    ] as const) {
      const { status, body } = ask(api, "GET", path);
      expect(status).toBe(500);
      expect(messageIn(body)).toContain(`malicious String "${text}"`);
    }
  });

  it("answers a failure that somebody expected with its text, and logs none", () => {
    const { api, logger } = startApi();
    expect(ask(api, "GET", `${NS}/instance?${INSTANCE}`)).toMatchObject({
      status: 500,
      contentType: "text/plain;charset=UTF-8",
      body: "caused: no service DEFAULT_GROUP@@foo found!;",
    });
    expect(logger.lines).toEqual([]);
  });

  it("answers a mistake of ours with 500 and nothing else, and logs it", () => {
    const broken: Route = {
      method: "GET",
      path: "/v1/ns/broken",
      answer: () => {
        throw new TypeError("no such thing");
      },
    };
    const { api, logger } = startApi({ more: [broken] });
    expect(ask(api, "GET", `${NS}/broken`)).toMatchObject({ status: 500, body: "" });
    expect(logger.lines).toMatchObject([
      { level: "error", fields: { method: "GET", path: "/v1/ns/broken" } },
    ]);
  });
});

describe("content types", () => {
  const failing: Route = {
    method: "GET",
    path: "/v1/ns/failing",
    answer: () => {
      throw new NacreError("INVALID_PARAM", "x");
    },
  };

  it.each([
    [undefined, "text/plain"],
    ["application/json", "application/json"],
    ["text/html, */*; q=.2", "text/html"],
    ["application/xml", "application/xml"],
  ])("of texts and failures follow Accept: %s", (accept, type) => {
    const { api } = startApi({ more: [failing] });
    const contentType = `${type};charset=UTF-8`;
    const answer = ask(api, "POST", `${NS}/instance?${INSTANCE}`, { accept });
    expect(answer).toMatchObject({ status: 200, contentType, body: "ok" });
    expect(ask(api, "GET", `${NS}/failing`, { accept })).toMatchObject({
      status: 400,
      contentType,
      body: "caused: x;",
    });
  });

  it("leave JSON to whoever takes it", () => {
    const { api } = startApi();
    const target = `${LIST}?serviceName=foo`;
    const types = ["*/*", "application/json", "text/html, */*"];
    for (const accept of types) {
      expect(ask(api, "GET", target, { accept })).toMatchObject({
        status: 200,
        contentType: "application/json;charset=UTF-8",
      });
    }
    expect(ask(api, "GET", target, { accept: "application/xml" })).toMatchObject({
      status: 500,
      contentType: "application/xml;charset=UTF-8",
      body: "caused: Could not find acceptable representation;",
    });
    expect(ask(api, "GET", target, { accept: "abc" })).toMatchObject({
      status: 406,
      contentType: undefined,
      body: "",
    });
  });
});
