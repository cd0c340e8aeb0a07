import { type DatumCopy, datumKey, NacreError } from "@nacre/core";
import { afterEach, describe, expect, it } from "vitest";
import { answering, type Behaviour, startAgent } from "./start-agent.ts";

// Through an agent, as members use it.

const key = datumKey("public", "DEFAULT_GROUP@@svc-02");
const datum: DatumCopy = { key, instances: [], gone: [] };

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

describe("calls that fail", () => {
  it("keep the code of a refused connection", async () => {
    const { agent, peer, stop } = await startAgent(answering(200, "ok"));
    await stop();
    const { agent: other } = await start(answering(200, "ok"));
    const { code, message, cause } = await failure(other.putData(peer, [datum]));
    expect(code).toBe("PEER_UNREACHABLE");
    expect(message).toContain(`${peer} does not answer putData: `);
    expect((cause as { readonly code?: string }).code).toBe("ECONNREFUSED");
    expect((await failure(agent.greet(peer))).message).toContain("this member is stopping");
  });

  it("end when no answer comes in time", async () => {
    const { agent, peer } = await start(() => undefined, { timeoutMs: 50 });
    const { code, message } = await failure(
      agent.sync(peer, { data: [], values: [], relayTo: [] }),
    );
    expect(code).toBe("PEER_UNREACHABLE");
    expect(message).toBe(`${peer} does not answer sync: no answer within 50 ms`);
  });

  it("end when an answer stops in its middle", async () => {
    const { agent, peer } = await start(
      (_request, response) => {
        response.writeHead(200, { "content-length": "100" }).write("{");
      },
      { timeoutMs: 50, queryTimeoutMs: 50 },
    );
    expect((await failure(agent.queryData(peer, [key]))).message).toContain("within 50 ms");
  });

  it("end when the connection does", async () => {
    const { agent, peer } = await start((_request, _response, socket) => socket.resetAndDestroy());
    expect((await failure(agent.greet(peer))).code).toBe("PEER_UNREACHABLE");
    const cut = await start((_request, response, socket) => {
      response.writeHead(200, { "content-length": "100" }).write("{", () => socket.destroy());
    });
    expect((await failure(cut.agent.snapshot(cut.peer))).code).toBe("PEER_UNREACHABLE");
  });

  it("end when the answer is longer than it may be", async () => {
    const { agent, peer } = await start(answering(200, `{"a":"${"x".repeat(100_000)}"}`), {
      answerBytesMax: 10_000,
      snapshotBytesMax: 200_000,
    });
    const { code, message } = await failure(agent.queryData(peer, [key]));
    expect(code).toBe("PEER_REFUSED");
    expect(message).toBe(`${peer}: the answer to queryData is longer than 10000 bytes`);
    expect(await agent.snapshot(peer)).toEqual([]);
  });

  it("name what a peer answers instead", async () => {
    const { agent, peer } = await start(answering(200, "<html>"));
    const calls = [
      () => agent.digest(peer, { root: "0123456789abcdef" }),
      () => agent.fetch(peer, { keys: [] }),
      () => agent.queryData(peer, [key]),
      () => agent.snapshot(peer),
      () => agent.statuses(peer, key),
    ];
    for (const call of calls) {
      const { code, message } = await failure(call());
      expect(code).toBe("PEER_REFUSED");
      expect(message).toContain("with something else");
    }
  });

  it.each([201, 204, 304, 400, 500, 503])("are those that are answered %i", async (status) => {
    const { agent, peer } = await start(answering(status, ""));
    expect((await failure(agent.putData(peer, [datum]))).code).toBe("PEER_REFUSED");
    expect((await failure(agent.leaving(peer))).code).toBe("PEER_REFUSED");
  });

  it("fail at once when too many wait for the same peer", async () => {
    const { agent, peer } = await start(() => undefined, { pendingMax: 5, timeoutMs: 300 });
    // The first one loads the client and makes the connections known.
    const first = failure(agent.greet(peer));
    const waiting = Array.from({ length: 10 }, () => failure(agent.greet(peer)));
    const failures = await Promise.all([first, ...waiting]);
    const refused = failures.filter(({ message }) => message.includes("calls wait for it already"));
    expect(refused.length).toBe(6);
    expect(agent.refusedCount).toBe(6);
    expect(agent.pendingCountOf(peer)).toBe(0);
  });

  it("are those to what is no address", async () => {
    const { agent } = await start(answering(200, "ok"));
    expect((await failure(agent.greet("not an address"))).code).toBe("PEER_UNREACHABLE");
  });
});

describe("connections", () => {
  it("are kept for the calls that follow, also after a GET with a body", async () => {
    const { agent, peer, connectionCount } = await start(answering(200, "{}"));
    for (let call = 0; call < 5; call++) await agent.queryData(peer, [key]);
    await agent.putChecksums(peer, new Map());
    // The first may not yet be known to be free when the second call comes.
    expect(connectionCount()).toBeLessThanOrEqual(2);
  });

  it("are no more than allowed", async () => {
    const { agent, peer, connectionCount, seen } = await start(
      (_request, response) => {
        setImmediate(() => response.end("{}"));
      },
      { connectionsMax: 2 },
    );
    await Promise.all(Array.from({ length: 20 }, () => agent.snapshot(peer)));
    expect(seen.length).toBe(20);
    expect(connectionCount()).toBe(2);
  });

  it("end with the peer's membership, and come again with it", async () => {
    const { agent, peer, connectionCount } = await start(answering(200, "{}"));
    await agent.snapshot(peer);
    agent.forget(peer);
    await agent.snapshot(peer);
    expect(connectionCount()).toBe(2);
  });

  it("end with the agent, and calls with them", async () => {
    const { agent, peer } = await start(() => undefined);
    const open = failure(agent.greet(peer));
    while (agent.pendingCountOf(peer) === 0) await new Promise(setImmediate);
    await agent.close();
    expect((await open).code).toBe("PEER_UNREACHABLE");
    await agent.close();
  });
});
