import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask } from "../start-api.ts";
import { call, startPeerApi } from "./start-peer-api.ts";

const url = "/nacos/v1/ns/service/status";
const name = "DEFAULT_GROUP@@svc-00";

function statusBody(clientIP: unknown, statuses: unknown): string {
  return JSON.stringify({ clientIP, statuses: JSON.stringify(statuses) });
}

describe("POST /v1/ns/service/status", () => {
  it("takes the sums of a member, escaped or not", () => {
    const { api, handler } = startPeerApi();
    const status = { namespaceId: "a+b", serviceName2Checksum: { [name]: "aa" } };
    const body = statusBody("10.0.0.2:8848", status);
    expect(call(api, "POST", url, body.replace("+", "%2B")).body).toBe("ok");
    const checksums = new Map([[name, "aa"]]);
    expect(handler.calls).toEqual([
      {
        name: "onServiceStatus",
        from: "10.0.0.2:8848",
        content: { namespaceId: "a+b", checksums },
      },
    ]);
    expect(call(api, "POST", url, body).body).toBe("ok");
    expect(handler.calls[1]?.content).toEqual({ namespaceId: "a b", checksums });
  });

  it("drops sums that are none, and knows the default namespace", () => {
    const { api, handler, counters } = startPeerApi();
    const status = { serviceName2Checksum: { [name]: null, b: 5, c: "x" } };
    call(api, "POST", url, statusBody("10.0.0.2:8848", status));
    expect(handler.calls[0]?.content).toEqual({
      namespaceId: "public",
      checksums: new Map([["c", "x"]]),
    });
    expect(counters.droppedCount).toBe(2);
  });

  it.each<[string, string, number, string]>([
    [
      "a raw percent sign",
      '{"clientIP":"100%"}',
      400,
      "caused: URLDecoder: Illegal hex characters",
    ],
    ["half an escape", "{}%4", 400, "caused: URLDecoder: Incomplete trailing escape"],
    ["no JSON", "<html>", 500, "caused: JSON parse error: "],
    ["no sums", '{"clientIP":"10.0.0.2:8848"}', 500, ""],
    [
      "sums that are no JSON",
      '{"clientIP":"10.0.0.2:8848","statuses":"<"}',
      500,
      "caused: errCode: 101, errMsg: Nacos deserialize for class",
    ],
    ["a stranger's name", statusBody("x:1", {}), 500, "caused: ip: x:1 is not in serverlist;"],
  ])("is refused with %s", (_what, body, status, beginning) => {
    const { api, handler } = startPeerApi();
    const answer = call(api, "POST", url, body);
    expect(answer.status).toBe(status);
    expect(answer.body.slice(0, beginning.length)).toBe(beginning);
    expect(handler.calls).toEqual([]);
  });

  it("inflates much for members only", () => {
    const { api, handler } = startPeerApi();
    const body = statusBody("10.0.0.2:8848", { x: "x".repeat(3 * 1_048_576) });
    expect(call(api, "POST", url, gzipSync(body)).body).toBe("ok");
    const answer = call(api, "POST", url, gzipSync(body), { addressOf: () => "10.9.9.9" });
    expect([answer.status, handler.calls.length]).toEqual([500, 1]);
    expect(answer.body).toContain("JSON parse error: Cannot create a Buffer larger");
  });

  it("is refused to whoever calls in a member's name", () => {
    const { api, handler, guard } = startPeerApi();
    const stranger = { addressOf: () => "10.9.9.9" };
    const answer = call(api, "POST", url, statusBody("10.0.0.2:8848", {}), stranger);
    expect(answer.status).toBe(403);
    expect(guard.strangerCount).toBe(1);
    expect(handler.calls).toEqual([]);
  });
});

describe.each(["instance", "api"])("GET /v1/ns/%s/statuses", (family) => {
  const get = (api: Parameters<typeof ask>[0], key: string) =>
    ask(api, "GET", `/nacos/v1/ns/${family}/statuses?key=${encodeURIComponent(key)}`);

  it("tells the health of all instances of a service", () => {
    const { api, naming } = startPeerApi();
    const request = { namespaceId: "public", serviceName: name, by: "a test" };
    const spec = { weight: 1, enabled: true, ephemeral: true, metadata: {}, app: null };
    const address = { ip: "1.1.1.1", clusterName: "DEFAULT" };
    naming.register(request, { ...spec, ...address, port: 80, healthy: true });
    naming.register(request, { ...spec, ...address, port: 81, healthy: false });
    const ips = '{"ips":["1.1.1.1:80_true","1.1.1.1:81_false"]}';
    expect(get(api, `public##${name}`).body).toBe(ips);
    expect(get(api, name).body).toBe(ips);
    expect(get(api, `public##${name}##x`).body).toBe(ips);
  });

  it("complains as Nacos does", () => {
    const { api } = startPeerApi();
    const answers = [`public##${name}`, "nope", "public##"].map((key) => get(api, key));
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [500, `caused: service: ${name} not found.;`],
      [
        400,
        "caused: Param 'serviceName' is illegal, it should be format as 'groupName@@serviceName';",
      ],
      [500, "caused: Index 1 out of bounds for length 1;"],
    ]);
  });
});
