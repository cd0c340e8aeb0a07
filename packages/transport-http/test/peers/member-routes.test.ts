import { type MemberReport, NacreError } from "@nacre/core";
import { describe, expect, it } from "vitest";
import { ask } from "../start-api.ts";
import { call, memberAt, startPeerApi } from "./start-peer-api.ts";

const base = "/nacos/v1/core/cluster";
const report: MemberReport = {
  ip: "10.0.0.2",
  port: 8848,
  state: "UP",
  extendInfo: { version: "1.4.1" },
  address: "10.0.0.2:8848",
  failAccessCnt: 0,
};

function dataOf({ body }: { readonly body: string }): unknown {
  return (JSON.parse(body) as { readonly data: unknown }).data;
}

describe("/v1/core/cluster", () => {
  it("shows members as Java does, fields and extra fields in order", () => {
    const { api } = startPeerApi();
    const { status, contentType, body } = ask(api, "GET", `${base}/self`);
    expect({ status, contentType }).toEqual({
      status: 200,
      contentType: "application/json;charset=UTF-8",
    });
    expect(body).toBe(
      '{"code":200,"message":null,"data":{"ip":"10.0.0.1","port":8848,"state":"UP",' +
        '"extendInfo":{"raftPort":"7848","version":"1.4.1"},"address":"10.0.0.1:8848",' +
        '"failAccessCnt":0}}',
    );
  });

  it("lists all members, or those whose address begins with the keyword", () => {
    const { api } = startPeerApi({ addresses: ["10.0.0.1:8848", "10.0.0.10:8848", "10.1.0.1:1"] });
    const addresses = (query: string) =>
      (dataOf(ask(api, "GET", `${base}/nodes${query}`)) as { readonly address: string }[]).map(
        ({ address }) => address,
      );
    expect(addresses("")).toEqual(["10.0.0.10:8848", "10.0.0.1:8848", "10.1.0.1:1"]);
    expect(addresses("?keyword=&pageNo=1&pageSize=1")).toHaveLength(3);
    expect(addresses("?keyword=10.0.0.1")).toEqual(["10.0.0.10:8848", "10.0.0.1:8848"]);
    expect(addresses("?keyword=10.0.0.1:8848")).toEqual(["10.0.0.1:8848"]);
    expect(addresses("?keyword=203.0.113.")).toEqual([]);
  });

  it("tells who is up, and how it is itself", () => {
    const { api, members } = startPeerApi();
    members.set("10.0.0.2:8848", memberAt("10.0.0.2:8848", { state: "DOWN" }));
    members.set("10.0.0.3:8848", memberAt("10.0.0.3:8848", { state: "SUSPICIOUS" }));
    expect(dataOf(ask(api, "GET", `${base}/simple/nodes`))).toEqual(["10.0.0.1:8848"]);
    expect(dataOf(ask(api, "GET", `${base}/health`))).toBe("UP");
    members.set("10.0.0.1:8848", memberAt("10.0.0.1:8848", { state: "STARTING" }));
    expect(dataOf(ask(api, "GET", `${base}/health`))).toBe("STARTING");
  });

  it("takes reports of members", () => {
    const { api, handler } = startPeerApi();
    const answer = call(api, "POST", `${base}/report`, report);
    expect(answer.body).toBe('{"code":200,"message":null,"data":"true"}');
    expect(answer.headers).toBeUndefined();
    expect(handler.calls).toEqual([{ name: "onReport", from: "10.0.0.2:8848", content: report }]);
    handler.isMember = false;
    expect(dataOf(call(api, "POST", `${base}/report`, report))).toBe("false");
  });

  it("tells members of Nacre in headers whether it serves", () => {
    const { api, handler } = startPeerApi();
    const headers = { "nacre-wire": "1" };
    handler.greeting = { kind: "nacre", isReady: false };
    const answer = call(api, "POST", `${base}/report`, report, { headers });
    expect(answer.headers).toEqual({ "Nacre-Wire": "1", "Nacre-Ready": "false" });
    expect(answer.body).toBe('{"code":200,"message":null,"data":"true"}');
  });

  it("answers reports with neither success nor failure until it serves", () => {
    const { api, handler } = startPeerApi();
    handler.failure = new NacreError("STARTING", "not yet");
    const headers = { "nacre-wire": "1" };
    const answer = call(api, "POST", `${base}/report`, report, { headers });
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(
      '{"code":501,"message":"server is STARTING now, please try again later!","data":null}',
    );
    expect(answer.headers).toMatchObject({ "Nacre-Wire": "1" });
  });

  it("tells strangers that they are none, and takes nothing of them", () => {
    const { api, handler, guard } = startPeerApi();
    const strangers = [
      call(api, "POST", `${base}/report`, report, { addressOf: () => "10.9.9.9" }),
      call(api, "POST", `${base}/report`, { ...report, address: "10.9.9.9:8848" }),
    ];
    for (const answer of strangers) {
      expect(answer.body).toBe('{"code":200,"message":null,"data":"false"}');
    }
    expect(handler.calls).toEqual([]);
    expect(guard.strangerCount).toBe(2);
  });

  it.each<[string, unknown]>([
    ["nothing", {}],
    ["no address", { ...report, address: undefined }],
    ["a blank address", { ...report, address: " " }],
    ["no IP address", { ...report, ip: null }],
    ["no port", { ...report, port: undefined }],
    ["the port -1", { ...report, port: -1 }],
  ])("finds a report with %s illegal", (_what, body) => {
    const { api, handler } = startPeerApi();
    const answer = call(api, "POST", `${base}/report`, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('{"code":400,"message":"Node information is illegal","data":null}');
    expect(handler.calls).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["no object", []],
    ["a state that is none", { ...report, state: "XX" }],
    ["a port that is no number", { ...report, port: "x" }],
    ["extra fields that are none", { ...report, extendInfo: "x" }],
    ["an address that is no text", { ...report, address: {} }],
  ])("cannot read a report that is or has %s", (_what, body) => {
    const answer = call(startPeerApi().api, "POST", `${base}/report`, body);
    expect(answer.status).toBe(500);
    expect(answer.body).toMatch(/^caused: JSON parse error: Cannot deserialize/);
  });

  it("takes reports only as JSON", () => {
    const headers = { "content-type": "text/plain" };
    const answer = call(startPeerApi().api, "POST", `${base}/report`, report, { headers });
    expect(answer.status).toBe(500);
    expect(answer.body).toBe("caused: Content type 'text/plain;charset=UTF-8' not supported;");
  });

  it("passes on who leaves, when a member says so", () => {
    const { api, handler } = startPeerApi();
    const gone = ["10.0.0.3:8848", "10.0.0.1:8848", "x:1", null];
    expect(dataOf(call(api, "POST", `${base}/server/leave`, gone))).toBe("ok");
    // Neither itself nor somebody unknown.
    expect(handler.calls).toEqual([{ name: "onLeaving", from: "10.0.0.3:8848" }]);
    const stranger = { addressOf: () => "10.9.9.9" };
    expect(call(api, "POST", `${base}/server/leave`, gone, stranger).status).toBe(403);
    expect(handler.calls).toHaveLength(1);
  });

  it("does not switch where members are looked up", () => {
    const { api } = startPeerApi();
    const answer = ask(api, "POST", `${base}/switch/lookup?type=file`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 500, data: null });
    expect(ask(api, "POST", `${base}/switch/lookup`).status).toBe(500);
  });
});
