import { gzipSync } from "node:zlib";
import {
  type DatumCopy,
  datumKey,
  type Instance,
  type MemberReport,
  NacreError,
  noMetadata,
} from "@nacre/core";
import { afterEach, describe, expect, it } from "vitest";
import { headersOf, recorded } from "./recordings.ts";
import { answering, type Behaviour, type SeenRequest, startAgent } from "./start-agent.ts";

const key = datumKey("public", "DEFAULT_GROUP@@svc-02");
const instance: Instance = {
  instanceId: "1.1.0.1#80#DEFAULT#DEFAULT_GROUP@@svc-02",
  ip: "1.1.0.1",
  port: 80,
  weight: 1,
  healthy: true,
  enabled: true,
  ephemeral: true,
  clusterName: "DEFAULT",
  metadata: noMetadata,
  app: "DEFAULT",
  marked: false,
  version: 7,
};
const datum: DatumCopy = { key, instances: [{ instance, silenceMs: 0 }], gone: [] };
const labelled = { ...instance, metadata: { a: "b", 区域: "杭州" } };
const labelledDatum: DatumCopy = { ...datum, instances: [{ instance: labelled, silenceMs: 0 }] };
const report: MemberReport = {
  ip: "10.0.0.1",
  port: 8848,
  state: "UP",
  extendInfo: { version: "1.4.1", raftPort: "7848", lastRefreshTime: 1 },
  address: "10.0.0.1:8848",
  failAccessCnt: 0,
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(behaviour: Behaviour, options?: Parameters<typeof startAgent>[1]) {
  const started = await startAgent(behaviour, options);
  stops.push(started.stop);
  return started;
}

/** What a promise is rejected with. */
async function failure(promise: Promise<unknown>): Promise<NacreError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NacreError);
  return error as NacreError;
}

/** The headers that a member of Java reads, or whose absence it would notice. */
function readByJava(headers: SeenRequest["headers"]) {
  const names = ["content-type", "accept-charset", "client-version", "nacos-server"];
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

describe("calls to members of Java", () => {
  it.each<[string, (agent: Started["agent"], peer: string) => Promise<unknown>, string]>([
    ["java.datum-put.one", (agent, peer) => agent.putData(peer, [labelledDatum]), "ok"],
    ["java.checksum.1", (agent, peer) => agent.putChecksums(peer, new Map([[key, "aa"]])), "ok"],
    ["java.datum-get.1", (agent, peer) => agent.queryData(peer, [key]), "{}"],
    ["java.datums.1", (agent, peer) => agent.snapshot(peer), "{}"],
    [
      "java.service-status.1",
      (agent, peer) =>
        agent.serviceStatus(peer, {
          namespaceId: "public",
          checksums: new Map([["DEFAULT_GROUP@@svc-02", "b98110c32abbd9315330cf9a5d5369fc"]]),
        }),
      "ok",
    ],
    [
      "java.statuses.1",
      (agent, peer) => agent.statuses(peer, datumKey("public", "DEFAULT_GROUP@@svc-00")),
      '{"ips":[]}',
    ],
    [
      "java.report.1",
      (agent, peer) => agent.report(peer, report),
      '{"code":200,"message":null,"data":"true"}',
    ],
  ])("are as those of Java where Java reads them: %s", async (id, run, answer) => {
    const { agent, peer, seen } = await start(answering(200, answer), { self: "127.0.0.1:9048" });
    await run(agent, peer);
    const java = recorded(id);
    const [call] = seen;
    expect(call?.method).toBe(java.request.method);
    expect(call?.target).toBe(java.request.target);
    // Some of Java's calls come without a version; nobody misses it there.
    const wanted = readByJava(headersOf(java));
    expect(readByJava(call!.headers)).toEqual({ ...wanted, "client-version": "1.4.1" });
    expect(call?.headers["user-agent"]).toBe("Nacos-Server:1.4.1");
    expect(call?.headers["request-source"]).toBe("127.0.0.1:9048");
    // No answer is to be compressed, and no body is said to be.
    expect(call?.headers["accept-encoding"]).toBeUndefined();
    expect(call?.headers["content-encoding"]).toBeUndefined();
    const body = call?.body ?? "";
    const length = body === "" ? undefined : String(Buffer.byteLength(body));
    expect(call?.headers["content-length"]).toBe(length);
    expect(shape(body)).toEqual(shape(java.request.body));
  });

  it("send the identity with all but reports", async () => {
    const identity = { key: "serverIdentity", value: "secret" };
    const { agent, peer, seen } = await start(answering(200, "{}"), { identity });
    await agent.report(peer, report);
    await agent.putData(peer, [datum]);
    await agent.snapshot(peer);
    expect(seen.map(({ headers }) => headers["serveridentity"])).toEqual([
      undefined,
      "secret",
      "secret",
    ]);
  });

  it("never send an empty map of data, but an empty map of sums", async () => {
    const { agent, peer, seen } = await start(answering(200, "ok"));
    await agent.putData(peer, []);
    await agent.putChecksums(peer, new Map());
    expect(seen.map(({ method, body }) => [method, body])).toEqual([["PUT", "{}"]]);
  });

  it("escape what a form would change in a service status", async () => {
    const { agent, peer, seen } = await start(answering(200, "ok"));
    await agent.serviceStatus(peer, { namespaceId: "a+b%20", checksums: new Map() });
    expect(seen[0]?.body).not.toMatch(/\+|%(?!2B|25)/);
    const { statuses } = JSON.parse(decodeURIComponent(seen[0]?.body ?? "")) as {
      readonly statuses: string;
    };
    expect(JSON.parse(statuses)).toMatchObject({ namespaceId: "a+b%20" });
  });

  it("hand writes over as a client's that is passed on", async () => {
    const { agent, peer, seen } = await start(answering(200, "ok"));
    const written = { ...instance, metadata: { 区域: "杭州" }, weight: 0.5 };
    await agent.handOver(peer, { key, instance: written, kind: "register" });
    await agent.handOver(peer, { key, instance, kind: "deregister" });
    const [registered, deregistered] = seen.map(({ method, target }) => {
      const { pathname, searchParams } = new URL(target, "http://peer");
      return { method, pathname, ...Object.fromEntries(searchParams) };
    });
    const address = {
      pathname: "/nacos/v1/ns/instance",
      namespaceId: "public",
      serviceName: "DEFAULT_GROUP@@svc-02",
      ip: "1.1.0.1",
      port: "80",
      clusterName: "DEFAULT",
      ephemeral: "true",
      encoding: "UTF-8",
      nofix: "1",
    };
    expect(registered).toEqual({
      ...address,
      method: "POST",
      weight: "0.5",
      healthy: "true",
      enabled: "true",
      metadata: '{"区域":"杭州"}',
      app: "DEFAULT",
    });
    expect(deregistered).toEqual({ ...address, method: "DELETE" });
    expect(seen[0]?.headers["content-length"]).toBe("0");
    expect(seen[1]?.headers["content-length"]).toBeUndefined();
  });

  it("read what members of Java answer", async () => {
    const answers = new Map([
      ["/nacos/v1/ns/distro/datum", recorded("peer.datum-get.1").response.body],
      ["/nacos/v1/ns/instance/statuses", '{"ips":["1.1.2.1:80_true","[::1]:80_false","?",{}]}'],
    ]);
    const { agent, peer } = await start(({ target }, response) => {
      // Whatever it says of itself, it is UTF-8.
      response.writeHead(200, { "content-type": "application/octet-stream;charset=GBK" });
      response.end(answers.get(target.split("?")[0] ?? ""));
    });
    const [fetched] = await agent.queryData(peer, [key]);
    expect(fetched?.instances[0]?.instance.ip).toBe("1.3.0.1");
    expect(await agent.statuses(peer, key)).toEqual(
      new Map([
        ["1.1.2.1:80", true],
        ["[::1]:80", false],
      ]),
    );
    expect(agent.droppedCount).toBe(2);
  });

  it("take from data what can be taken", async () => {
    const body =
      `{"${key}":{"key":"${key}","value":{"instanceList":[null,{"ip":"1.1.1.1","port":80}]}},` +
      '"x":{"key":null}}';
    const { agent, peer } = await start(answering(200, body));
    const data = await agent.snapshot(peer);
    expect(data.map(({ instances }) => instances.length)).toEqual([1]);
    expect(agent.droppedCount).toBe(2);
  });
});

describe("answers to reports", () => {
  it.each([
    ["java.report.1", 200],
    ["java.report.code400", 400],
    ["java.report.code501", 501],
  ])("mean what they mean to Java: %s", async (id, code) => {
    const { status, body } = recorded(id).response;
    const { agent, peer } = await start(answering(status, body));
    expect(await agent.report(peer, report)).toEqual({ code, greeting: undefined });
  });

  it.each(["java.report.500", "java.report.201"])("are failures to Java: %s", async (id) => {
    const { status, body } = recorded(id).response;
    const { agent, peer } = await start(answering(status, body));
    expect((await failure(agent.report(peer, report))).code).toBe("PEER_REFUSED");
  });

  it("count 404 and 501 as neither, and garbage as failure", async () => {
    for (const status of [404, 501]) {
      const { agent, peer } = await start(answering(status, "no such api"));
      expect(await agent.report(peer, report)).toEqual({ code: status, greeting: undefined });
    }
    const compressed = gzipSync('{"code":200,"message":null,"data":"true"}');
    for (const body of ["", "<html>", "[]", '{"code":"x"}', compressed]) {
      const { agent, peer } = await start(answering(200, body));
      expect((await failure(agent.report(peer, report))).code).toBe("PEER_REFUSED");
    }
  });

  it("tell of members of Nacre whether they serve", async () => {
    const headers = { "Nacre-Wire": "1", "Nacre-Ready": "false" };
    const { agent, peer } = await start(answering(200, '{"code":200}', headers));
    expect((await agent.report(peer, report)).greeting).toEqual({ kind: "nacre", isReady: false });
  });
});

describe("greetings", () => {
  it.each<[number, string, "java" | "nacre"]>([
    [404, "<!doctype html>", "java"],
    [501, "no such api", "java"],
    [200, "{}", "java"],
    [200, '"ok"', "java"],
    [200, '{"wire":2,"kind":"nacre","isReady":true,"new":1}', "nacre"],
  ])("are answered %i %s by a member of %s", async (status, body, kind) => {
    const { agent, peer } = await start(answering(status, body));
    expect(await agent.greet(peer)).toEqual({ kind, isReady: true });
  });

  it.each([503, 403, 500, 400])("tell nothing when they are answered %i", async (status) => {
    const { agent, peer } = await start(answering(status, "server is STARTING now"));
    const { code, message } = await failure(agent.greet(peer));
    expect(code).toBe("PEER_REFUSED");
    expect(message).toBe(`${peer} answers greet with ${status}: server is STARTING now`);
  });
});

type Started = Awaited<ReturnType<typeof startAgent>>;

// The names in a JSON text, whatever their values: of instances, members and keys.
function shape(body: string): unknown {
  const names = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(0, 1).map(names);
    if (typeof value !== "object" || value === null) return typeof value;
    const entries = Object.entries(value).filter(([name]) => !UNSPOKEN.has(name));
    return Object.fromEntries(entries.map(([name, inner]) => [name, names(inner)]));
  };
  return body === "" ? undefined : names(JSON.parse(body));
}

// What a member says of its raft; we have none.
const UNSPOKEN = new Set(["naming", "raftMetaData"]);
