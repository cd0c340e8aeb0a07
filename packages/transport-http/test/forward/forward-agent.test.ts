import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { openConnection, type RawConnection } from "../raw-connection.ts";
import { headerOf, recording, recordings } from "./recordings.ts";
import { type MemberOptions, startMember, startPeer } from "./start-forwarding.ts";

const NS = "/nacos/v1/ns";
const INSTANCE = "serviceName=foo&ip=1.1.1.1&port=80";
const REGISTER = `${NS}/instance?${INSTANCE}`;

const leftovers: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

/** A member, with connections to it; all ends with the test. */
async function start(options: MemberOptions = {}) {
  const member = await startMember(options);
  leftovers.push(member.close);
  const open = async (): Promise<RawConnection> => {
    const connection = await openConnection(member.port);
    leftovers.push(() => connection.destroy());
    return connection;
  };
  return { ...member, open };
}

/** A peer that answers as told. */
async function startFake(answer: (response: ServerResponse) => void) {
  const peer = await startPeer(answer);
  leftovers.push(peer.close);
  return peer;
}

/** A member, and the peer that decides all writes. */
async function startPair(
  answer: (response: ServerResponse) => void,
  options: Omit<MemberOptions, "peerFor"> = {},
) {
  const peer = await startFake(answer);
  return { peer, ...(await start({ ...options, peerFor: () => peer.address })) };
}

function answering(status: number, body = "", type = "text/html;charset=UTF-8") {
  return (response: ServerResponse) => {
    response.writeHead(status, { "content-type": type }).end(body);
  };
}

const behaviours: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "500": answering(500, "boom"),
  "503": answering(503, "server is DOWN now, please try again later!"),
  reset: (response) => response.destroy(),
  "204": answering(204),
  hang: () => undefined,
  "slow2.2": () => undefined,
};

describe("a member that is not responsible", () => {
  it("gives the client the answer of the one that is, in one piece", async () => {
    const { peer, naming, open, outcomes } = await startPair(answering(200, "ok"));
    const connection = await open();
    for (let turn = 1; turn <= 2; turn++) {
      const { status, headers, body } = await connection.request("POST", REGISTER);
      expect([status, body]).toEqual([200, "ok"]);
      expect(headers.get("content-type")).toBe("application/json;charset=UTF-8");
      expect(headers.get("content-length")).toBe("2");
    }
    expect([naming.instanceCount, outcomes]).toEqual([0, ["answered", "answered"]]);
    expect(peer.heard[0]).toMatchObject({
      method: "POST",
      target: `${REGISTER}&encoding=UTF-8&nofix=1`,
      headers: { host: peer.address, "request-source": "10.0.0.1:8848", "content-length": "0" },
      body: "",
    });
  });

  it("passes on garbage, as it was recorded", async () => {
    const { request, response } = recording("client.owner.garbage");
    const { open } = await startPair(answering(200, response.body));
    const answer = await (await open()).request(request.method, request.target);
    expect([answer.status, answer.body]).toEqual([response.status, response.body]);
    expect(answer.headers.get("content-length")).toBe(headerOf(response, "content-length"));
  });

  it.each(Object.keys(behaviours))(
    "decides itself when that one answers %s, where Nacos fails",
    async (behaviour) => {
      const { request, response } = recording(`client.owner.${behaviour}`);
      expect(response.status).toBeGreaterThanOrEqual(500);
      const answer = behaviours[behaviour] ?? answering(500);
      const { peer, naming, open, forwardClock } = await startPair(answer);
      const asked = (await open()).request(request.method, request.target);
      await peer.until(1);
      if (behaviour === "hang" || behaviour === "slow2.2") await forwardClock.advance(2_000);
      expect(await asked).toMatchObject({ status: 200, body: "ok" });
      expect(naming.instanceCount).toBe(1);
    },
  );

  it("decides itself when members differ about who is responsible", async () => {
    const { request, response } = recording("client.diverged");
    const { naming, open } = await startPair(answering(400, response.body, "application/json"));
    expect(await (await open()).request(request.method, request.target)).toMatchObject({
      status: 200,
      body: "ok",
    });
    expect(naming.instanceCount).toBe(1);
  });

  it("decides itself when nobody listens there", async () => {
    const peer = await startPeer(answering(200));
    await peer.close();
    const { open, outcomes } = await start({ peerFor: () => peer.address });
    expect((await (await open()).request("POST", REGISTER)).body).toBe("ok");
    expect(outcomes).toEqual(["failed"]);
  });

  it("tells a peer in trouble from one that did not take this write", async () => {
    const outcomeOf = async (behaviour: (response: ServerResponse) => void) => {
      const { open, outcomes } = await startPair(behaviour, { answerBytesMax: 1_000 });
      await (await open()).request("POST", REGISTER);
      return outcomes[0];
    };
    expect(await outcomeOf((response) => response.destroy())).toBe("refused");
    expect(await outcomeOf(answering(500, "boom"))).toBe("refused");
    expect(await outcomeOf(answering(200, "x".repeat(1_001)))).toBe("refused");
    expect(await outcomeOf(answering(503))).toBe("failed");
  });

  it("waits so long and no longer, for the end of an answer too", async () => {
    const { peer, open, forwardClock, outcomes } = await startPair((response) => {
      response.writeHead(200, { "content-length": "10" }).write("12345");
    });
    const asked = (await open()).request("POST", REGISTER);
    await peer.until(1);
    await forwardClock.advance(1_999);
    expect(outcomes).toEqual([]);
    await forwardClock.advance(1);
    expect((await asked).body).toBe("ok");
    expect(outcomes).toEqual(["failed"]);
  });

  it("does what it was asked for by a client that has gone", async () => {
    let release: () => void = () => undefined;
    const { peer, naming, open, outcomes, server } = await startPair((response) => {
      release = () => response.writeHead(500).end();
    });
    const connection = await open();
    connection.send(`POST ${REGISTER} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    await peer.until(1);
    connection.destroy();
    release();
    await expect.poll(() => naming.instanceCount).toBe(1);
    expect([outcomes, server.requestCount]).toEqual([["refused"], 1]);
  });

  it("sends bodies that are no forms as they are, and forms as parameters", async () => {
    const { peer, open } = await startPair(answering(200, "ok"));
    const { request } = recording("client.update-json-body");
    const connection = await open();
    const headers = ["Content-Type: application/json", `Content-Length: ${request.body.length}`];
    expect((await connection.request("PUT", request.target, headers, request.body)).body).toBe(
      "ok",
    );
    await connection.form("DELETE", `${NS}/instance`, INSTANCE);
    expect(peer.heard).toMatchObject([
      { body: request.body, headers: { "content-type": "application/json" } },
      { body: "", target: `${REGISTER}&encoding=UTF-8&nofix=1` },
    ]);
    // What is not sent is not announced.
    expect(peer.heard[1]?.headers).not.toHaveProperty("content-length");
  });

  it("does not let a peer that hangs hold up what it need not", async () => {
    const [hanging, sound] = [await startFake(() => undefined), await startFake(answering(200))];
    const peers = new Map([
      ["DEFAULT_GROUP@@foo", hanging.address],
      ["DEFAULT_GROUP@@bar", sound.address],
    ]);
    const { naming, open } = await start({
      connectionsMax: 2,
      peerFor: (groupedName) => peers.get(groupedName),
    });
    for (let client = 0; client < 5; client++) {
      (await open()).send(`POST ${REGISTER} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    }
    await hanging.until(2);
    const connection = await open();
    const ofOther = REGISTER.replace("foo", "bar");
    expect((await connection.request("POST", ofOther)).status).toBe(200);
    expect((await connection.request("POST", REGISTER.replace("foo", "own"))).body).toBe("ok");
    expect([sound.heard.length, hanging.heard.length, naming.instanceCount]).toEqual([1, 2, 1]);
  });
});

describe("a member that is responsible", () => {
  it("decides what a Nacre member passes on", async () => {
    const responsible = await start({ isResponsible: false });
    const { naming, open } = await start({ peerFor: () => responsible.address });
    const answer = await (await open()).form("POST", `${NS}/instance`, `${INSTANCE}&weight=2`);
    expect([answer.status, answer.body]).toEqual([200, "ok"]);
    expect(naming.instanceCount).toBe(0);
    const service = responsible.naming.services.get("public", "DEFAULT_GROUP@@foo");
    expect(service?.instances).toMatchObject([{ ip: "1.1.1.1", weight: 2 }]);
  });

  it.each(recordings("java.forward."))("takes $id", async ({ id, request }) => {
    const { open, naming } = await start();
    const connection = await open();
    const about = request.target.includes("svc-02") ? "svc-02" : "svc-00";
    const ip = new URLSearchParams(request.target.split("?")[1]).get("ip") ?? "1.2.0.1";
    if (id !== "java.forward.beat-unknown") {
      const target = `${NS}/instance?serviceName=${about}&ip=${ip}&port=80`;
      await connection.request("POST", target);
    }
    const lines = request.headers.map(([name, value]) => `${name}: ${value}`);
    // The body of `delete-form` is announced, and never comes.
    const { status, body } = await connection.request(
      request.method,
      request.target,
      lines.filter((line) => !line.toLowerCase().startsWith("host:")),
      request.body,
    );
    const [wantedStatus, wanted] = answers[id] ?? [200, "ok"];
    expect(status).toBe(wantedStatus);
    expect(body).toContain(wanted);
    expect(naming.instanceCount).toBe(withoutInstance.has(id) ? 0 : 1);
  });

  it("ends the connection after an announced body that did not come", async () => {
    const { open } = await start();
    const connection = await open();
    const headers = ["User-Agent: Nacos-Server:1.4.1", "Content-Length: 37"];
    const answer = await connection.request("DELETE", REGISTER, headers);
    expect([answer.body, answer.headers.get("connection")]).toEqual(["ok", "close"]);
    await connection.ended;
  });

  it.each(recordings("peer.forward."))("answers $id as Nacos does", async (recorded) => {
    const { id, request, response } = recorded;
    const { open } = await start({ isResponsible: id !== "peer.forward.not-owner" });
    const connection = await open();
    if (id === "peer.forward.beat") {
      const target = `${NS}/instance?serviceName=svc-01&ip=1.1.2.1&port=80`;
      await connection.request("POST", target);
    }
    const lines = request.headers.map(([name, value]) => `${name}: ${value}`);
    const answer = await connection.request(request.method, request.target, lines, request.body);
    expect(answer.status).toBe(response.status);
    const timestamp = /(?<="timestamp":")[^"]+/;
    expect(answer.body.replace(timestamp, "")).toBe(response.body.replace(timestamp, ""));
    for (const name of ["content-type", "connection"]) {
      expect(answer.headers.get(name), name).toBe(headerOf(response, name));
    }
  });

  it("waits for the body of a DELETE that holds the parameters", async () => {
    const { open, naming } = await start();
    const connection = await open();
    await connection.request("POST", REGISTER);
    const head = ["User-Agent: Nacos-Server:1.4.1", `Content-Length: ${INSTANCE.length}`];
    const type = "Content-Type: application/x-www-form-urlencoded";
    const target = `${NS}/instance?encoding=UTF-8&nofix=1`;
    const answer = await connection.request("DELETE", target, [...head, type], INSTANCE);
    expect([answer.body, naming.instanceCount]).toEqual(["ok", 0]);
  });
});

// The answers that were recorded are those of a script, which serves less: here is what we answer.
const answers: Readonly<Record<string, readonly [status: number, body: string]>> = {
  "java.forward.register-persistent": [500, "persistent instances are not supported"],
  "java.forward.beat-full": [200, '"code":10200,"lightBeatEnabled":true}'],
  "java.forward.beat-light": [200, '"code":10200,"lightBeatEnabled":true}'],
  "java.forward.beat-unknown": [200, '{"clientBeatInterval":5000,"code":20404}'],
  "java.forward.metadata-batch-put": [200, '{"updated":[]}'],
  "java.forward.metadata-batch-delete": [200, '{"updated":[]}'],
  "java.forward.health": [400, "health check"],
  "java.forward.health-instance": [400, "health check"],
  "java.forward.clientBeat": [501, "no such api:GET:/nacos/v1/ns/api/clientBeat"],
};

// What is registered before is gone after these, or was not registered.
const withoutInstance: ReadonlySet<string> = new Set([
  "java.forward.deregister",
  "java.forward.delete-form",
  "java.forward.beat-unknown",
]);
