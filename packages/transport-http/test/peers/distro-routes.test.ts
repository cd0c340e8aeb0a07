import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { datumKey, NacreError } from "@nacre/core";
import { HttpServer, readData } from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { call, startPeerApi } from "./start-peer-api.ts";

const base = "/nacos/v1/ns/distro";
const key = datumKey("public", "DEFAULT_GROUP@@svc-00");

function bodyOf(metadata: Readonly<Record<string, string>> = {}): string {
  const instanceList = [{ ip: "1.1.1.1", port: 80, metadata }];
  return JSON.stringify({ [key]: { key, value: { instanceList }, timestamp: 1 } });
}

describe("/v1/ns/distro", () => {
  it("inflates a body that is gzip, whatever its headers say", () => {
    const { api, handler } = startPeerApi();
    expect(call(api, "PUT", `${base}/datum`, gzipSync(bodyOf())).body).toBe("ok");
    expect(handler.calls).toMatchObject([{ name: "onPutData", content: [{ key }] }]);
  });

  it("inflates no more than it may", () => {
    const { api, handler } = startPeerApi({ peerBodyBytesMax: 1_000 });
    const bomb = gzipSync(bodyOf({ a: "x".repeat(100_000) }));
    const answer = call(api, "PUT", `${base}/datum`, bomb);
    expect(answer.status).toBe(500);
    expect(answer.body).toMatch(/^caused: JSON parse error: /);
    const broken = Buffer.from([0x1f, 0x8b, 0]);
    expect(call(api, "PUT", `${base}/datum`, broken).status).toBe(500);
    expect(handler.calls).toEqual([]);
  });

  it("takes what can be taken, and answers a sender that could not do better", () => {
    const { api, handler, counters } = startPeerApi();
    const bad = '"x":{"key":"com.alibaba.nacos.naming.iplist.ephemeral.public##g@@中","value":{}}';
    const answer = call(api, "PUT", `${base}/datum`, `${bodyOf().slice(0, -1)},${bad}}`);
    expect(answer.body).toBe("ok");
    expect(handler.calls).toMatchObject([{ content: [{ key }] }]);
    expect(counters.droppedCount).toBe(1);
    expect(call(api, "PUT", `${base}/datum`, `{${bad}}`).status).toBe(400);
    expect(handler.calls).toHaveLength(1);
  });

  it("drops sums that are none", () => {
    const { api, handler, counters } = startPeerApi();
    const sums = { [key]: "aa", x: "bb", [datumKey("public", "g@@a")]: null };
    call(api, "PUT", `${base}/checksum?source=10.0.0.2:8848`, sums);
    expect(handler.calls).toEqual([
      { name: "onChecksums", from: "10.0.0.2:8848", content: new Map([[key, "aa"]]) },
    ]);
    expect(counters.droppedCount).toBe(2);
  });

  it("answers data in ASCII, as bytes with their length", () => {
    const { api, handler, clock } = startPeerApi();
    handler.data = readData(bodyOf({ 区域: "😀" }), clock.epochMs()).data;
    const answer = call(api, "GET", `${base}/datums`);
    expect(answer.contentType).toBe("application/octet-stream;charset=UTF-8");
    expect(answer.body).toContain('"metadata":{"\\u533a\\u57df":"\\ud83d\\ude00"}');
    expect(answer.byteLength).toBe(Buffer.byteLength(answer.body));
    expect(answer.isChunked).not.toBe(true);
    expect(readData(answer.body, clock.epochMs()).data).toEqual(handler.data);
  });

  it("has nothing to tell before it has loaded", () => {
    const { api, handler } = startPeerApi();
    handler.failure = new NacreError("STARTING", "server is STARTING now, please try again later!");
    for (const answer of [
      call(api, "GET", `${base}/datums`),
      call(api, "GET", `${base}/datum`, { keys: key }),
    ]) {
      expect([answer.status, answer.body]).toEqual([503, handler.failure.message]);
    }
  });

  it("changes nothing for strangers, and tells them nothing", () => {
    const { api, handler, guard } = startPeerApi();
    const stranger = { addressOf: () => "10.9.9.9" };
    const calls = [
      call(api, "PUT", `${base}/datum`, bodyOf(), stranger),
      call(api, "PUT", `${base}/checksum?source=10.0.0.2:8848`, {}, stranger),
      call(api, "PUT", `${base}/checksum?source=10.9.9.9:8848`, {}),
      call(api, "GET", `${base}/datum`, { keys: key }, stranger),
      call(api, "GET", `${base}/datums`, undefined, stranger),
      call(api, "GET", `${base}/datums`, undefined, { headers: { "request-source": "x:1" } }),
    ];
    expect(calls.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
    expect(calls[0]?.body).toBe(
      "caused: only members may call this: 10.9.9.9 is not the IP address of a member;",
    );
    expect(handler.calls).toEqual([]);
    expect(guard.strangerCount).toBe(6);
  });
});

describe("bodies of members over HTTP", () => {
  /** Puts `bytes` bytes of data at a member; whoever calls does so from loopback. */
  async function put(addresses: readonly string[], bytes: number): Promise<number> {
    const { api, logger, handler } = startPeerApi({ self: "10.0.0.1:8848", addresses });
    const server = new HttpServer({ logger, api }, { bodyBytesMax: 10_000 });
    const port = await server.listen({ host: "127.0.0.1", port: 0 });
    const headers = { "content-type": "application/json" };
    const path = "/nacos/v1/ns/distro/datum";
    const status = await new Promise<number>((resolve, reject) => {
      const client = httpRequest({ port, host: "127.0.0.1", method: "PUT", path, headers });
      client.on("response", (response) => resolve(response.resume().statusCode ?? 0));
      client.on("error", reject);
      client.end(bodyOf({ a: "x".repeat(bytes) }));
    });
    await server.close(Promise.resolve());
    expect(handler.calls).toHaveLength(status === 200 ? 1 : 0);
    return status;
  }

  it("may be larger than those of clients", async () => {
    expect(await put(["10.0.0.1:8848", "127.0.0.1:1"], 100_000)).toBe(200);
  });

  it("are not read from strangers", async () => {
    expect(await put(["10.0.0.1:8848"], 100_000)).toBe(413);
    expect(await put(["10.0.0.1:8848"], 10)).toBe(403);
  });
});
