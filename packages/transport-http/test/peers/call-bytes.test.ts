import type { Socket } from "node:net";
import { datumKey } from "@nacre/core";
import { afterEach, describe, expect, it } from "vitest";
import { answering, type Behaviour, startAgent } from "./start-agent.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** An agent whose peer remembers the connections, which know what has travelled. */
async function start(behaviour: Behaviour) {
  const connections = new Set<Socket>();
  const started = await startAgent((request, response, socket) => {
    connections.add(socket);
    behaviour(request, response, socket);
  });
  stops.push(started.stop);
  return {
    ...started,
    travelled: () => {
      const counts = { sent: 0, received: 0 };
      for (const { bytesRead, bytesWritten } of connections) {
        counts.sent += bytesRead;
        counts.received += bytesWritten;
      }
      return counts;
    },
  };
}

const digest = { root: "0".repeat(16) };
const agreed = '{"wire":1,"outcome":"agreed"}';

describe("the bytes of calls to peers", () => {
  it("are those of the connection, heads included", async () => {
    const { agent, peer, travelled } = await start(answering(200, agreed));
    await agent.digest(peer, digest);
    expect(agent.bytesByCall.get("digest")).toEqual(travelled());
    await agent.digest(peer, digest);
    expect(agent.bytesByCall.get("digest")).toEqual(travelled());
  });

  it("are those of an answer that travels as members send it, in a chunk", async () => {
    const { agent, peer, travelled } = await start((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(agreed);
      response.end();
    });
    await agent.digest(peer, digest);
    expect(agent.bytesByCall.get("digest")).toEqual(travelled());
  });

  it("are those of a call without a body, and of one in letters of many bytes", async () => {
    const { agent, peer, travelled } = await start(answering(200, '{"ips":[]}'));
    const key = datumKey("public", "DEFAULT_GROUP@@orders");
    await agent.statuses(peer, key);
    const first = travelled();
    expect(agent.bytesByCall.get("statuses")).toEqual(first);

    await agent.putChecksums(peer, new Map([[datumKey("public", "a@@服务"), "x"]]));
    expect(agent.bytesByCall.get("putChecksums")).toEqual({
      sent: travelled().sent - first.sent,
      received: travelled().received - first.received,
    });
  });

  it("count a refused call, and not one that nobody answered", async () => {
    const { agent, peer, travelled, stop } = await start(answering(500, "no"));
    await expect(agent.digest(peer, digest)).rejects.toMatchObject({ code: "PEER_REFUSED" });
    const counted = travelled();
    expect(agent.bytesByCall.get("digest")).toEqual(counted);
    stops.splice(0);
    await stop();
    await expect(agent.digest(peer, digest)).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
    expect(agent.bytesByCall.get("digest")).toEqual(counted);
  });
});
