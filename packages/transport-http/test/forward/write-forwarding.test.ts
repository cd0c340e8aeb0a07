import type { Address, Forwarding, ForwardOutcome } from "@nacre/core";
import { RecordingLogger } from "@nacre/core/testing";
import {
  type ForwardAnswer,
  type NacosRequest,
  type ServerStatus,
  WriteForwarding,
} from "@nacre/transport-http";
import { describe, expect, it } from "vitest";
import { type ApiOptions, ask, type Extras, requestOf, startApi } from "../start-api.ts";

const NS = "/nacos/v1/ns";
const INSTANCE = "serviceName=foo&ip=1.1.1.1&port=80";
const REGISTER = `${NS}/instance?${INSTANCE}`;
const BEAT = `${NS}/instance/beat?${INSTANCE}`;
const peer = "10.0.0.2:8848";
const ofServer = { agentText: "Nacos-Server:1.4.1" };
const ofMember = { "nacre-version": "7", "nacre-client": "1.2.3.4", "nacre-agent": "Nacos-Go" };

/** What the API of a member stands on, and what the tests turn. */
interface Surroundings {
  /** The member that decides writes of any service. */
  readonly peerFor?: Address | undefined;
  readonly isResponsible?: boolean;
  readonly mayTakeBeat?: boolean;
  readonly isMember?: boolean;
  readonly status?: ServerStatus;
  readonly answer?: () => Promise<ForwardAnswer>;
}

const answered = { status: 200, type: "application/json;charset=UTF-8", body: "theirs" };

/** The API of a member that passes writes on, and what it passed on. */
function start(surroundings: Surroundings = {}, apiOptions: ApiOptions = {}) {
  const { isResponsible = false, mayTakeBeat = false, isMember = true } = surroundings;
  const { answer = () => Promise.resolve({ outcome: "answered", reply: answered }) } = surroundings;
  const logger = new RecordingLogger();
  const outcomes: ForwardOutcome[] = [];
  const forwarded: { peer: Address; request: NacosRequest; method: string; version: number }[] = [];
  const forwarding: Forwarding = {
    peerFor: () => surroundings.peerFor,
    isResponsible: () => isResponsible,
    mayTakeBeat: () => mayTakeBeat,
    begin: () => (outcome) => outcomes.push(outcome),
  };
  const status = () => surroundings.status ?? "UP";
  const writes = new WriteForwarding({
    logger,
    forwarding,
    agent: {
      forward: (to, request, method, version) => {
        forwarded.push({ peer: to, request, method, version });
        return answer();
      },
    },
    isMember: () => isMember,
    status,
    nextVersion: () => 42,
  });
  const started = startApi({ writes, status, ...apiOptions });
  const later = async (method: string, target: string, extras: Extras = {}) => {
    const [path = ""] = target.split("?");
    const raw = { method, path, accept: extras.accept };
    const reply = started.api.answer(requestOf(method, target, extras), raw);
    expect(reply).toBeInstanceOf(Promise);
    return reply;
  };
  return { ...started, outcomes, forwarded, later, failures: logger };
}

describe("WriteForwarding", () => {
  it("answers at once what is decided here", () => {
    const { api, naming, forwarded } = start();
    expect(ask(api, "POST", REGISTER).body).toBe("ok");
    expect([naming.instanceCount, forwarded.length]).toEqual([1, 0]);
  });

  it("gives the client the answer of the responsible member", async () => {
    const { later, naming, forwarded, outcomes } = start({ peerFor: peer });
    expect(await later("POST", REGISTER, { accept: "text/plain" })).toMatchObject({
      status: 200,
      contentType: "application/json;charset=UTF-8",
      body: "theirs",
    });
    expect(forwarded).toMatchObject([{ peer, method: "POST", version: 42 }]);
    expect([naming.instanceCount, outcomes]).toEqual([0, ["answered"]]);
  });

  it.each([
    ["POST", "/instance"],
    ["PUT", "/instance"],
    ["DELETE", "/instance"],
    ["PATCH", "/instance"],
    ["PUT", "/instance/beat"],
    ["PUT", "/instance/metadata/batch"],
    ["DELETE", "/instance/metadata/batch"],
    ["PUT", "/health"],
    ["PUT", "/health/instance"],
  ])("passes on %s %s", async (method, path) => {
    const { later, forwarded } = start({ peerFor: peer });
    await later(method, `${NS}${path}?${INSTANCE}`);
    expect(forwarded).toMatchObject([{ method }]);
  });

  it.each([
    ["GET", "/instance/list"],
    ["GET", "/instance"],
    ["POST", "/service"],
    ["PUT", "/cluster"],
    ["DELETE", "/service"],
  ])("does not pass on %s %s", (method, path) => {
    const { api, forwarded } = start({ peerFor: peer });
    ask(api, method, `${NS}${path}?${INSTANCE}`);
    expect(forwarded).toEqual([]);
  });

  it("passes on the method that a POST means", async () => {
    const { later, forwarded } = start({ peerFor: peer });
    await later("POST", `${REGISTER}&_method=DELETE`);
    expect(forwarded).toMatchObject([{ method: "DELETE" }]);
  });

  it("leaves names that are none to the endpoint", () => {
    const { api } = start({ peerFor: peer });
    const target = `${NS}/instance?ip=1.1.1.1&port=80`;
    expect(ask(api, "POST", target).body).toBe("caused: Param 'serviceName' is required.;");
    expect(ask(api, "POST", `${target}&serviceName=a@@`).status).toBe(400);
  });

  it.each(["failed", "refused"] as const)("decides here what %s there", async (outcome) => {
    const answer = () => Promise.resolve({ outcome, reason: "it answered 502" });
    const { later, naming, outcomes, failures } = start({ peerFor: peer, answer });
    expect(await later("POST", REGISTER)).toMatchObject({ status: 200, body: "ok" });
    expect([naming.instanceCount, outcomes]).toEqual([1, [outcome]]);
    const fields = { peer, service: "DEFAULT_GROUP@@foo", reason: "it answered 502" };
    expect(failures.lines).toMatchObject([{ level: "debug", fields }]);
  });

  it("tells the endpoint since when such a write is under way", async () => {
    const answer = () => Promise.resolve({ outcome: "failed" as const, reason: "" });
    const { later, forwarded } = start({ peerFor: peer, answer });
    await later("POST", REGISTER);
    const { request } = forwarded[0] ?? {};
    expect(request?.about("a@@b")).toMatchObject({ acceptedAs: 42, by: "10.0.0.9" });
  });

  it("loses no write by a mistake of ours", async () => {
    const answer = () => Promise.reject(new TypeError("no such thing"));
    const { later, naming, outcomes, failures } = start({ peerFor: peer, answer });
    expect(await later("POST", REGISTER)).toMatchObject({ body: "ok" });
    expect([naming.instanceCount, outcomes]).toEqual([1, ["failed"]]);
    expect(failures.lines[0]).toMatchObject({ level: "error", fields: { peer } });
  });
});

describe("a beat for another member", () => {
  it("is answered here when the instance is known and healthy", () => {
    const { api, naming, forwarded } = start({ peerFor: peer, mayTakeBeat: true });
    naming.register(requestOf("POST", REGISTER).about("DEFAULT_GROUP@@foo"), specOf());
    expect(ask(api, "PUT", BEAT).body).toContain('"code":10200');
    expect([naming.beatCount, forwarded.length]).toEqual([1, 0]);
  });

  it.each([
    ["unknown", undefined],
    ["unhealthy", false],
  ])("is passed on when the instance is %s", async (_what, healthy) => {
    const { later, naming } = start({ peerFor: peer, mayTakeBeat: true });
    if (healthy !== undefined) {
      const about = requestOf("POST", REGISTER).about("DEFAULT_GROUP@@foo");
      naming.register(about, { ...specOf(), healthy });
    }
    expect(await later("PUT", BEAT)).toMatchObject({ body: "theirs" });
    expect(naming.beatCount).toBe(0);
  });

  it("is passed on when that member does not hear of it otherwise", async () => {
    const { later, naming } = start({ peerFor: peer, mayTakeBeat: false });
    naming.register(requestOf("POST", REGISTER).about("DEFAULT_GROUP@@foo"), specOf());
    expect(await later("PUT", BEAT)).toMatchObject({ body: "theirs" });
  });

  it("is complained of here when it cannot be read", () => {
    const { api } = start({ peerFor: peer, mayTakeBeat: true });
    expect(ask(api, "PUT", `${BEAT}&beat=nonsense`).status).toBe(500);
  });
});

describe("a write that a server passes on", () => {
  it("is refused when this member is not responsible", () => {
    const { api, naming, forwarded } = start({ peerFor: peer });
    const { status, contentType, body } = ask(api, "POST", REGISTER, ofServer);
    expect([status, contentType]).toEqual([400, "application/json;charset=UTF-8"]);
    expect(JSON.parse(body)).toMatchObject({
      error: "Bad Request",
      message: "receive invalid redirect request from peer 10.0.0.9",
      path: `${NS}/instance`,
    });
    const page = ask(api, "POST", REGISTER, { ...ofServer, accept: "text/html" });
    expect(page.body).toContain("<div>receive invalid redirect request from peer 10.0.0.9</div>");
    expect([naming.instanceCount, forwarded.length]).toEqual([0, 0]);
  });

  it("is decided when this member is responsible, also before it serves", () => {
    const { api, naming } = start({ isResponsible: true, status: "STARTING" });
    expect(ask(api, "POST", REGISTER, ofServer).body).toBe("ok");
    expect(naming.instanceCount).toBe(1);
  });

  it("is decided for a Nacre member in any case, and is still its client's", () => {
    const { api, naming } = start({ peerFor: peer });
    expect(ask(api, "POST", REGISTER, { ...ofServer, headers: ofMember }).body).toBe("ok");
    const { entries } = naming.history.find({ countMax: 1 });
    expect(entries).toMatchObject([{ cause: "registered", detail: "by 1.2.3.4" }]);
  });

  it("is decided by what the client is", () => {
    const { api } = start({ isResponsible: true });
    const headers = { ...ofMember, "nacre-agent": "Nacos-Java-Client:v1.4.1" };
    const { status, body } = ask(api, "PUT", REGISTER, { ...ofServer, headers });
    expect([status, body]).toEqual([500, expect.stringContaining("service not found")]);
  });

  it("goes back to a Nacre member while this one does not serve", () => {
    const { api, naming } = start({ isResponsible: true, status: "STARTING" });
    expect(ask(api, "POST", REGISTER, { ...ofServer, headers: ofMember })).toMatchObject({
      status: 503,
      body: "server is STARTING now, please try again later!",
    });
    expect(naming.instanceCount).toBe(0);
  });

  it("is no more than a client's when a stranger says so", () => {
    const { api } = start({ peerFor: peer, isMember: false });
    expect(ask(api, "POST", REGISTER, { ...ofServer, headers: ofMember }).status).toBe(400);
    const owning = start({ isResponsible: true, isMember: false });
    ask(owning.api, "POST", REGISTER, { ...ofServer, headers: ofMember });
    expect(owning.naming.history.find({ countMax: 1 }).entries).toMatchObject([
      { detail: "by 10.0.0.9" },
    ]);
  });

  it("is passed on when it only looks like one of a member", async () => {
    const { later, forwarded } = start({ peerFor: peer });
    await later("POST", REGISTER, { headers: ofMember });
    expect(forwarded).toHaveLength(1);
  });
});

describe("a member that does not serve", () => {
  it.each(["STARTING", "DOWN"] as const)("answers no reads of naming: %s", (status) => {
    const { api } = start({ status });
    for (const path of ["instance/list", "instance", "service", "operator/metrics", "nope"]) {
      expect(ask(api, "GET", `${NS}/${path}?${INSTANCE}`)).toMatchObject({
        status: 503,
        contentType: undefined,
        body: `server is ${status} now, please try again later!`,
      });
    }
  });

  it("takes writes and beats", () => {
    const { api, naming } = start({ status: "STARTING" });
    expect(ask(api, "POST", REGISTER).body).toBe("ok");
    expect(ask(api, "PUT", BEAT).body).toContain('"code":10200');
    expect(ask(api, "DELETE", REGISTER).body).toBe("ok");
    expect(naming.instanceCount).toBe(0);
  });

  it("answers servers, and what is no part of naming", () => {
    const { api } = start({ status: "STARTING" });
    expect(ask(api, "GET", `${NS}/instance/list?${INSTANCE}`, ofServer).status).toBe(200);
    const agentText = "x Nacos-Server";
    expect(ask(api, "GET", `${NS}/instance/list?${INSTANCE}`, { agentText }).status).toBe(503);
    for (const path of ["/nacos/v1/console/health/liveness", "/nacre/v1/held"]) {
      expect(ask(api, "GET", path).status).toBe(200);
    }
  });
});

function specOf() {
  return {
    ip: "1.1.1.1",
    port: 80,
    clusterName: "DEFAULT",
    ephemeral: true,
    enabled: true,
    healthy: true,
    weight: 1,
    metadata: {},
    app: "DEFAULT",
  };
}
