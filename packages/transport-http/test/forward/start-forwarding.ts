import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address, Forwarding, ForwardOutcome } from "@nacre/core";
import { ManualClock, silentLogger } from "@nacre/core/testing";
import { ForwardAgent, type ForwardAgentOptions, WriteForwarding } from "@nacre/transport-http";
import { startServer } from "../start-api.ts";

/** A request that a peer got. */
export interface Heard {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server on loopback that answers as a test says. */
export async function startPeer(answer: (response: ServerResponse) => void) {
  const heard: Heard[] = [];
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: target = "", headers } = request;
      heard.push({ method, target, headers, body: Buffer.concat(chunks).toString("utf8") });
      answer(response);
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    /** Settles once it has heard so many requests. */
    until: async (count: number): Promise<void> => {
      while (heard.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a member is started with. */
export interface MemberOptions extends Partial<ForwardAgentOptions> {
  /** Which peer decides writes of a service; `undefined`: this member. */
  readonly peerFor?: (groupedName: string) => Address | undefined;
  readonly isResponsible?: boolean;
}

/** A member that passes writes on, with time of its own, on a port of loopback. */
export async function startMember({ peerFor, isResponsible, ...options }: MemberOptions = {}) {
  const clock = new ManualClock();
  const outcomes: ForwardOutcome[] = [];
  const forwarding: Forwarding = {
    peerFor: peerFor ?? (() => undefined),
    isResponsible: () => isResponsible ?? true,
    mayTakeBeat: () => false,
    begin: () => (outcome) => outcomes.push(outcome),
  };
  const agent = new ForwardAgent({ clock }, { self: "10.0.0.1:8848", ...options });
  const writes = new WriteForwarding({
    logger: silentLogger,
    forwarding,
    agent,
    isMember: () => true,
    status: () => "UP",
    nextVersion: () => 42,
  });
  const started = await startServer({}, { writes });
  const port = await started.listen();
  return {
    ...started,
    agent,
    port,
    address: `127.0.0.1:${port}`,
    /** The time that forwarded writes take. */
    forwardClock: clock,
    outcomes,
    close: async () => {
      await agent.close();
      await started.close();
    },
  };
}
