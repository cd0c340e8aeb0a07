import { once } from "node:events";
import { connect } from "node:net";
import type { HttpServerOptions } from "@nacre/transport-http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openConnection, type RawConnection } from "./raw-connection.ts";
import { type ApiOptions, startServer } from "./start-api.ts";

const NS = "/nacos/v1/ns";
const LIST = `${NS}/instance/list?serviceName=foo`;
const EMPTY_LIST = '{"name":"DEFAULT_GROUP@@foo","clusters":"","cacheMillis":3000,"hosts":[]}';
const INSTANCE = "serviceName=foo&ip=1.1.1.1&port=80";
const FORM = "Content-Type: application/x-www-form-urlencoded";

const leftovers: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

/** A server that listens, with connections to it; all ends with the test. */
async function start(options: HttpServerOptions = {}, apiOptions: ApiOptions = {}) {
  const started = await startServer(options, apiOptions);
  const port = await started.listen();
  leftovers.push(started.close);
  const open = async (): Promise<RawConnection> => {
    const connection = await openConnection(port);
    leftovers.push(() => connection.destroy());
    return connection;
  };
  const connectionCount = () =>
    new Promise<number>((resolve, reject) => {
      started.server.app.server.getConnections((error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  return { ...started, connectionCount, open, port };
}

/** A registration that the server has begun on: its body is still to come. */
async function beginRegistration(open: () => Promise<RawConnection>): Promise<RawConnection> {
  const connection = await open();
  const headers = [FORM, `Content-Length: ${INSTANCE.length}`, "Expect: 100-continue"];
  const { status } = await connection.request("POST", `${NS}/instance`, headers);
  expect(status).toBe(100);
  return connection;
}

describe("HttpServer", () => {
  it("answers as Tomcat does, and keeps the connection", async () => {
    const { open, server } = await start();
    const connection = await open();
    for (let turn = 0; turn < 2; turn++) {
      const { statusLine, headers, body } = await connection.get(LIST);
      expect(statusLine).toBe("HTTP/1.1 200 ");
      expect(body).toBe(EMPTY_LIST);
      expect(Object.fromEntries(headers)).toEqual({
        "content-type": "application/json;charset=UTF-8",
        "transfer-encoding": "chunked",
        date: expect.stringContaining("GMT") as string,
        connection: "keep-alive",
        "keep-alive": "timeout=60",
      });
    }
    expect(server.requestCount).toBe(2);
  });

  it("counts bytes, not characters", async () => {
    const { open } = await start();
    const connection = await open();
    expect((await connection.get(`${LIST}%e6%9c%8d`)).body).toContain("foo服");
    const { body, headers } = await connection.get(`${NS}/service?serviceName=%e6%9c%8d`);
    expect(body).toBe("caused: service DEFAULT_GROUP@@服 is not found!;");
    expect(headers.get("content-length")).toBe(`${Buffer.byteLength(body)}`);
  });

  it("sends JSON in a chunk to clients that know chunks, texts with their length", async () => {
    const { open } = await start();
    const text = await (await open()).form("POST", `${NS}/instance`, INSTANCE);
    expect(text.headers.get("transfer-encoding")).toBeUndefined();
    expect(text.headers.get("content-length")).toBe("2");

    const old = await open();
    old.send(`GET ${LIST} HTTP/1.0\r\n\r\n`);
    const { body, headers } = await old.answer();
    expect(headers.get("transfer-encoding")).toBeUndefined();
    expect(headers.get("content-length")).toBe(`${body.length}`);
    await old.ended;
  });

  it("answers HEAD without a body, and goes on", async () => {
    const { open } = await start();
    const connection = await open();
    const paths = ["/nacos/v1/console/server/state", "/nacos/v1/console/health/liveness"];
    for (const path of paths) {
      expect(await connection.request("HEAD", path)).toMatchObject({ status: 200, body: "" });
    }
    expect((await connection.get(LIST)).body).toBe(EMPTY_LIST);
  });

  it.each([
    [400, `${NS}/instance/list`],
    [500, `${NS}/instance?${INSTANCE}`],
    [501, `${NS}/nothing`],
  ])("ends the connection after %i", async (status, target) => {
    const { open } = await start();
    const connection = await open();
    const answer = await connection.get(target);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("connection")).toBe("close");
    await connection.ended;
  });

  it.each([404, 406])("keeps the connection after %i", async (status) => {
    const { open } = await start();
    const connection = await open();
    const [target, accept] = status === 404 ? ["/nacos/x", "*/*"] : [LIST, "abc"];
    const answer = await connection.get(target, `Accept: ${accept}`);
    expect([answer.status, answer.headers.get("connection")]).toEqual([status, "keep-alive"]);
    expect((await connection.get(LIST)).status).toBe(200);
  });

  it("tells pages from elsewhere that they may read its answers", async () => {
    const { open } = await start();
    const connection = await open();
    const corsOf = async (origin: string) => {
      const { headers } = await connection.get(LIST, `Origin: ${origin}`);
      return ["origin", "credentials"].map((name) => headers.get(`access-control-allow-${name}`));
    };
    expect(await corsOf("http://example.com")).toEqual(["http://example.com", "true"]);
    expect(await corsOf("null")).toEqual(["null", "true"]);
    expect(await corsOf("http://nacre")).toEqual([undefined, undefined]);
    expect((await connection.get(LIST, "Origin: a")).headers.get("vary")).toBe(
      "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    );
  });

  it("reads forms of POST, PUT, PATCH and DELETE, also in chunks", async () => {
    const { naming, open } = await start();
    const connection = await open();
    const target = `${NS}/instance`;
    expect((await connection.form("POST", target, INSTANCE)).body).toBe("ok");
    expect((await connection.form("PUT", target, `${INSTANCE}&weight=2`)).body).toBe("ok");
    expect((await connection.form("PATCH", target, `${INSTANCE}&weight=3`)).body).toBe("ok");
    expect(naming.services.get("public", "DEFAULT_GROUP@@foo")?.instances).toMatchObject([
      { ip: "1.1.1.1", weight: 3 },
    ]);
    expect((await connection.form("DELETE", target, INSTANCE)).body).toBe("ok");
    expect(naming.instanceCount).toBe(0);

    const chunks = `5\r\n${INSTANCE.slice(0, 5)}\r\n${(INSTANCE.length - 5).toString(16)}\r\n${INSTANCE.slice(5)}\r\n0\r\n\r\n`;
    const headers = [FORM, "Transfer-Encoding: chunked"];
    expect((await connection.request("POST", target, headers, chunks)).body).toBe("ok");
    expect(naming.instanceCount).toBe(1);
  });

  it("does not mind a body that is no form, and none where none belongs", async () => {
    const { open } = await start();
    const connection = await open();
    const headers = ["Content-Type: nonsense", "Transfer-Encoding: chunked"];
    const chunks = "3\r\nabc\r\n0\r\n\r\n";
    const target = `${NS}/instance?${INSTANCE}`;
    expect((await connection.request("POST", target, headers, chunks)).body).toBe("ok");
    expect((await connection.request("POST", target, headers.slice(1), chunks)).body).toBe("ok");
    expect((await connection.request("GET", LIST, headers, chunks)).status).toBe(200);
    const length = ["Content-Type: ;", "Content-Length: 3"];
    expect((await connection.request("GET", LIST, length, "abc")).status).toBe(200);
    expect((await connection.request("POST", target, length, "abc")).body).toBe("ok");
  });

  it("refuses bodies beyond the limit, also in chunks", async () => {
    const { open } = await start({ bodyBytesMax: 100 });
    const target = `${NS}/instance`;
    const form = (bytes: number) => INSTANCE.padEnd(bytes, "&");
    expect((await (await open()).form("POST", target, form(100))).body).toBe("ok");

    const connection = await open();
    const long = await connection.form("POST", target, form(101));
    expect([long.status, long.headers.get("connection")]).toEqual([413, "close"]);
    const headers = [FORM, "Transfer-Encoding: chunked"];
    const chunks = `65\r\n${form(101)}\r\n0\r\n\r\n`;
    expect((await (await open()).request("POST", target, headers, chunks)).status).toBe(413);
    expect((await (await open()).form("POST", `${NS}/nothing`, form(101))).status).toBe(413);
  });

  it("ignores parameters beyond the limit", async () => {
    const { open } = await start({ paramsMax: 3 });
    const connection = await open();
    expect((await connection.form("POST", `${NS}/instance?a=1`, INSTANCE)).body).toBe(
      "caused: Param 'port' is required.;",
    );
  });

  it("takes a target in absolute form for its path", async () => {
    const { open } = await start();
    const connection = await open();
    expect((await connection.get(`http://nacre:8848${LIST}`)).body).toBe(EMPTY_LIST);
    expect((await connection.get(`HTTPS://nacre${LIST}`)).body).toBe(EMPTY_LIST);
    expect((await connection.get("http://nacre")).status).toBe(404);
    expect((await connection.get("http://nacre?a=/b")).status).toBe(404);
    expect((await connection.request("OPTIONS", "*")).status).toBe(404);
  });

  it("decodes the path before it looks for an endpoint", async () => {
    const { open } = await start();
    const connection = await open();
    expect((await connection.get(LIST.replace("instance", "%69nst%61nce"))).body).toBe(EMPTY_LIST);
  });

  it.each(
    [
      ["/nacos/%zz", "/nacos/%ff", "/nacos/%", `${NS}/instance%2Flist`],
      [`${LIST}&a={`, `${LIST}&a=<b>`, `${LIST}&a="`, `${LIST}|`, "/^"],
    ].flat(),
  )("refuses an improper target: %s", async (target) => {
    const { open } = await start();
    const { status, headers } = await (await open()).get(target);
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("text/html;charset=utf-8");
    expect(headers.get("connection")).toBe("close");
  });

  it("answers requests that come in one piece, in their order", async () => {
    const { naming, open } = await start();
    const connection = await open();
    const head = (line: string, ...more: string[]) =>
      `${[`${line} HTTP/1.1`, "Host: nacre", ...more].join("\r\n")}\r\n\r\n`;
    connection.send(
      head(`GET ${LIST}`) +
        head(`POST ${NS}/instance`, FORM, `Content-Length: ${INSTANCE.length}`) +
        INSTANCE +
        head("GET /nacos/x") +
        head("GET /nacre/v1/held"),
    );
    expect((await connection.answer()).body).toBe(EMPTY_LIST);
    expect((await connection.answer()).body).toBe("ok");
    expect((await connection.answer()).status).toBe(404);
    expect((await connection.answer()).body).toBe('{"count":0,"instances":[]}');
    expect(naming.instanceCount).toBe(1);
  });

  it("keeps nothing of a client that goes away in the middle of a body", async () => {
    const { connectionCount, logger, naming, open, server } = await start();
    const plain = await beginRegistration(open);
    plain.send(INSTANCE.slice(0, 5));
    plain.destroy();
    const chunked = await open();
    const headers = [FORM, "Transfer-Encoding: chunked"];
    chunked.send(
      `POST ${NS}/instance HTTP/1.1\r\nHost: a\r\n${headers.join("\r\n")}\r\n\r\n9\r\nabc`,
    );
    chunked.destroy();
    await vi.waitFor(async () => expect(await connectionCount()).toBe(0));

    expect([naming.services.size, server.requestCount]).toEqual([0, 0]);
    expect(logger.lines.filter(({ level }) => level !== "debug")).toEqual([]);
    expect((await (await open()).get(LIST)).body).toBe(EMPTY_LIST);
  });

  it("asks the proxies it trusts where a request came from", async () => {
    const { naming, open } = await start({ trustedProxies: ["127.0.0.0/8"] });
    const header = "X-Forwarded-For: 6.6.6.6, 1.2.3.4";
    await (await open()).request("POST", `${NS}/instance?${INSTANCE}`, [header]);
    const { entries } = naming.history.find({ countMax: 10 });
    expect(entries).toMatchObject([{ cause: "registered", detail: "by 1.2.3.4" }]);
  });

  it("refuses what is no HTTP and heads beyond the limit, and counts them", async () => {
    const { open, server } = await start({ headerBytesMax: 2_000 });
    const garbage = await open();
    garbage.send("\u0016\u0003\u0001 nonsense\r\n\r\n");
    expect((await garbage.answer()).status).toBe(400);
    await garbage.ended;
    const { body, headers } = await (await open()).get(`${LIST}&env=a b`);
    expect(headers.get("content-type")).toBe("text/html;charset=utf-8");
    expect(body).toContain("HTTP Status 400 – Bad Request");
    const long = await open();
    expect((await long.get(LIST, `X: ${"x".repeat(3_000)}`)).status).toBe(431);
    await long.ended;
    expect(server.malformedCount).toBe(3);
    expect(server.requestCount).toBe(0);
  });

  it("says when its address is taken", async () => {
    const { port } = await start();
    const { server } = await startServer();
    await expect(server.listen({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "START_FAILED",
      message: `cannot listen on 127.0.0.1:${port}: another process listens there`,
    });
  });
});

describe("the routes beside the API", () => {
  it("are served, and their failures logged", async () => {
    const started = await startServer();
    const { app } = started.server;
    app.get("/livez", async () => ({ status: "alive" }));
    app.get("/broken", async () => Promise.reject(new TypeError("no such thing")));
    leftovers.push(started.close);
    const connection = await openConnection(await started.listen());
    leftovers.push(() => connection.destroy());

    expect((await connection.get("/livez")).body).toBe('{"status":"alive"}');
    const { status, headers } = await connection.get("/broken?a=b");
    expect([status, headers.get("content-type")]).toEqual([500, "text/html;charset=utf-8"]);
    expect(started.logger.lines).toMatchObject([
      { level: "error", fields: { method: "GET", path: "/broken?a=b" } },
    ]);
  });
});

describe("slow clients", () => {
  it("are cut, also in the middle of a body, and whether they close their half or not", async () => {
    const { connectionCount, open, server } = await start({
      headersTimeoutMs: 60_000,
      requestTimeoutMs: 300,
    });
    const silent = await open();
    const slow = await open();
    slow.send(`GET ${LIST} HTTP/1.1\r\nHos`);
    const bodiless = await beginRegistration(open);
    bodiless.send("serviceN");

    expect((await slow.answer()).status).toBe(408);
    expect((await bodiless.answer()).status).toBe(408);
    await Promise.all([silent.ended, slow.ended, bodiless.ended]);
    await vi.waitFor(async () => expect(await connectionCount()).toBe(0));
    expect(server.malformedCount).toBe(3);
  });
});

describe("closing", () => {
  it("answers what is in flight, tells clients to close, and cuts what says nothing", async () => {
    const { open, port, server } = await start();
    const busy = await beginRegistration(open);
    const idle = await open();
    await idle.get(LIST);
    const silent = await open();

    const closed = server.close(new Promise(() => undefined));
    await Promise.all([idle.ended, silent.ended]);
    await expect(openConnection(port)).rejects.toThrow("ECONNREFUSED");
    busy.send(INSTANCE);
    const { body, headers } = await busy.answer();
    expect([body, headers.get("connection")]).toEqual(["ok", "close"]);
    await closed;
  });

  it("cuts what is left after the grace", async () => {
    const { naming, open, server } = await start();
    const busy = await beginRegistration(open);
    const half = await open();
    half.send(`GET ${LIST} HT`);
    let cut: () => void = () => undefined;
    const closed = server.close(
      new Promise((resolve) => {
        cut = resolve;
      }),
    );
    cut();
    await closed;
    await Promise.all([busy.ended, half.ended]);
    expect(naming.instanceCount).toBe(0);
  });

  it("cuts with a reset, never in good order", async () => {
    const { port, server } = await start();
    const socket = connect(port, "127.0.0.1");
    leftovers.push(() => socket.destroy());
    socket.write(`POST ${NS}/instance HTTP/1.1\r\nHost: nacre\r\nExpect: 100-continue\r\n`);
    socket.write(`${FORM}\r\nContent-Length: 9\r\n\r\n`);
    await once(socket, "data");
    const failed = once(socket, "error");
    await server.close(Promise.resolve());
    expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
  });

  it("can be asked for twice, and before it ever listened", async () => {
    const { server } = await startServer();
    await server.close(Promise.resolve());
    await server.close(Promise.resolve());
  });
});
