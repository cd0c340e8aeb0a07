import { type AddressInfo, createServer } from "node:net";
import { datumKey, NacreError } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { systemClock } from "@nacre/core";
import { DistroAgent, HttpServer } from "@nacre/transport-http";
import { afterEach, describe, expect, it } from "vitest";
import { someDatum, someValue } from "./datum-copies.ts";
import { call, startPeerApi } from "./start-peer-api.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A member that listens, and the agent of another one that calls it. */
async function startPair() {
  const self = "127.0.0.1:1";
  const port = await freePort();
  const peer = `127.0.0.1:${port}`;
  const started = startPeerApi({ self: peer, addresses: [self, peer] });
  const server = new HttpServer({ logger: started.logger, api: started.api });
  await server.listen({ host: "127.0.0.1", port });
  const agent = new DistroAgent({ clock: systemClock }, { self, contextPath: "/nacos" });
  stops.push(async () => {
    await agent.close();
    await server.close(Promise.resolve());
  });
  return { ...started, agent, self, peer };
}

const key = datumKey("public", "g@@a");
const sum = "0123456789abcdef";

describe("calls between members of Nacre", () => {
  it("arrive as they were sent, and so do their answers", async () => {
    const { agent, handler, self: from, peer } = await startPair();
    const random = new SeededRandom(1);
    const data = Array.from({ length: 20 }, () => someDatum(random));
    const values = [someValue(random)];

    expect(await agent.greet(peer)).toEqual({ kind: "nacre", isReady: true });

    const sync = { data, values, relayTo: ["127.0.0.1:2"] };
    await agent.sync(peer, sync);
    const beats = [{ key, silenceMs: 5, instanceKeys: ["1.1.1.1:80:unknown:DEFAULT"] }];
    await agent.beats(peer, { beats, relayTo: [] });

    const found = new Map([[7, new Map([[key as string, sum]])]]);
    handler.digestAnswer = { outcome: "keys", buckets: found };
    const digest = { root: sum, buckets: Array.from({ length: 256 }, () => sum) };
    expect(await agent.digest(peer, digest)).toEqual(handler.digestAnswer);

    handler.fetchAnswer = { data, values, cursor: "next" };
    const request = { scope: "responsible", cursor: "" } as const;
    expect(await agent.fetch(peer, request)).toEqual(handler.fetchAnswer);
    await agent.leaving(peer);

    expect(handler.calls).toEqual([
      { name: "onGreet" },
      { name: "onSync", from, content: sync },
      { name: "onBeats", from, content: { beats, relayTo: [] } },
      { name: "onDigest", from, content: digest },
      { name: "onFetch", from, content: request },
      { name: "onLeaving", from },
    ]);
    expect(agent.droppedCount).toBe(0);
  });

  it("learn from an answered report who is there", async () => {
    const { agent, handler, self, peer } = await startPair();
    const report = {
      ip: "127.0.0.1",
      port: 1,
      state: "UP",
      extendInfo: { version: "1.4.1" },
      address: self,
      failAccessCnt: 0,
    } as const;
    const ready = { code: 200, greeting: { kind: "nacre", isReady: true } };
    expect(await agent.report(peer, report)).toEqual(ready);
    handler.failure = new NacreError("STARTING", "not yet");
    handler.greeting = { kind: "nacre", isReady: false };
    const starting = { code: 501, greeting: { kind: "nacre", isReady: false } };
    expect(await agent.report(peer, report)).toEqual(starting);
  });

  it("are Java's too", async () => {
    const { agent, handler, self: from, peer, clock } = await startPair();
    clock.jumpEpoch(systemClock.epochMs() - clock.epochMs());
    const datum = { ...someDatum(new SeededRandom(2)), instances: [], gone: [] };
    handler.data = [datum];
    await agent.putData(peer, [datum]);
    await agent.putChecksums(peer, new Map([[key, "aa"]]));
    const status = { namespaceId: "a+b%", checksums: new Map([["g@@a", "bb"]]) };
    await agent.serviceStatus(peer, status);
    expect(await agent.queryData(peer, [datum.key])).toEqual([datum]);
    expect(await agent.snapshot(peer)).toEqual([datum]);
    expect(handler.calls.slice(0, 4)).toEqual([
      { name: "onPutData", content: [datum] },
      { name: "onChecksums", from, content: new Map([[key, "aa"]]) },
      { name: "onServiceStatus", from, content: status },
      { name: "onQuery", content: [datum.key] },
    ]);
  });

  it("hand over writes that a member takes as a client's", async () => {
    const { agent, naming, peer } = await startPair();
    const instance = {
      instanceId: null,
      ip: "1.1.1.1",
      port: 80,
      weight: 0.5,
      healthy: true,
      enabled: false,
      ephemeral: true,
      clusterName: "c1",
      metadata: { "a&b": "=+%" },
      app: "app",
      marked: false,
      version: 1,
    };
    await agent.handOver(peer, { key, instance, kind: "register" });
    const stands = naming.services.get("public", "g@@a")?.instances[0];
    expect(stands).toMatchObject({ ...instance, instanceId: "1.1.1.1#80#c1#g@@a", version: 1 });
    expect(await agent.statuses(peer, key)).toEqual(new Map([["1.1.1.1:80", true]]));
    await agent.handOver(peer, { key, instance, kind: "deregister" });
    expect(naming.services.get("public", "g@@a")?.instances).toEqual([]);
  });
});

describe("/nacre/v1/peer", () => {
  const names = ["greet", "sync", "beats", "digest", "fetch", "leaving"];
  const source = { headers: { "request-source": "10.0.0.2:8848" } };

  it.each(names)("%s is for members only, and for those that say who they are", (name) => {
    const { api, handler } = startPeerApi();
    const url = `/nacre/v1/peer/${name}`;
    const message = { wire: 1, root: sum, keys: [] };
    const statusOf = (extras: Parameters<typeof call>[4]): number =>
      call(api, "POST", url, message, extras).status;
    expect(statusOf({ ...source, addressOf: () => "10.9.9.9" })).toBe(403);
    expect(statusOf({ headers: { "request-source": "x:1" } })).toBe(403);
    expect(statusOf({})).toBe(400);
    expect(handler.calls).toEqual([]);
    expect(statusOf(source)).toBe(200);
    expect(handler.calls).toHaveLength(1);
  });

  it.each(names)("%s refuses what is no message", (name) => {
    const { api, handler } = startPeerApi();
    for (const body of ["<html>", "{}", "null", ""]) {
      const { status } = call(api, "POST", `/nacre/v1/peer/${name}`, body, source);
      expect([400, 500]).toContain(status);
    }
    expect(handler.calls).toEqual([]);
  });

  it("counts the entries that it leaves out", () => {
    const { api, handler, counters } = startPeerApi();
    const message = { wire: 1, d: ["x", ["public##g@@a", [1], [2]]], v: [3] };
    call(api, "POST", "/nacre/v1/peer/sync", message, source);
    expect(handler.calls).toMatchObject([
      { content: { data: [{ key, instances: [], gone: [] }] } },
    ]);
    expect(counters.droppedCount).toBe(4);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
