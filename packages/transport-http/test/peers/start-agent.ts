import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "@nacre/core";
import { DistroAgent, type DistroAgentOptions } from "@nacre/transport-http";

/** A request that came to the peer of a test, as it travelled. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;

  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** How the peer of a test answers. */
export type Behaviour = (request: SeenRequest, response: ServerResponse, socket: Socket) => void;

/** An agent, and a peer on loopback that does as it is told. */
export async function startAgent(behaviour: Behaviour, options: Partial<DistroAgentOptions> = {}) {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    void bodyOf(incoming).then((body) => {
      const { method = "", url: target = "", headers, socket } = incoming;
      const request = { method, target, headers, body };
      seen.push(request);
      behaviour(request, response, socket);
    });
  });
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new DistroAgent(
    { clock: systemClock },
    { self: "10.0.0.1:8848", contextPath: "/nacos", timeoutMs: 2_000, ...options },
  );
  return {
    agent,
    peer: `127.0.0.1:${port}`,
    seen,
    /** How many connections there were. */
    connectionCount: () => sockets.size,
    stop: async (): Promise<void> => {
      await agent.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A behaviour that gives the same answer to everything. */
export function answering(
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
