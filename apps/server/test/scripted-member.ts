import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConvergenceAnswer, PeerConvergenceAnswer } from "@nacre/transport-http";

/** A request that a scripted member got. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
}

/** A member on loopback that answers as a test says. */
export interface ScriptedMember {
  readonly url: string;

  /** `host:port`. */
  readonly address: string;
  readonly asked: readonly Asked[];
  readonly close: () => void;
}

/** Starts one. What `answerOf` gives is sent as JSON, texts as they are. */
export async function startScriptedMember(
  answerOf: (asked: Asked) => unknown,
  listener?: RequestListener,
): Promise<ScriptedMember> {
  const all: Asked[] = [];
  const server = createServer((request, response) => {
    const { method = "", headers } = request;
    const url = new URL(request.url ?? "", "http://member");
    const asked = { method, url, header: (name: string) => [headers[name]].flat()[0] };
    all.push(asked);
    if (listener !== undefined) return listener(request, response);
    const answer = answerOf(asked);
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://${address}`, address, asked: all, close };
}

/** A peer with which all is well. */
export function peerAt(
  address: string,
  more: Partial<PeerConvergenceAnswer> = {},
): PeerConvergenceAnswer {
  return {
    address,
    kind: "nacre",
    version: "1.0.0",
    wire: 1,
    state: "UP",
    isReady: true,
    failAccessCnt: 0,
    lastSyncMs: null,
    lastAgreedMs: 1_200,
    differing: { count: 0, sinceMs: null, rounds: 0, sample: [] },
    queued: 0,
    inFlight: false,
    isIll: false,
    forward: { pending: 0, isOpen: false, answered: 0, failed: 0 },
    ...more,
  };
}

/** What the member at 10.0.0.2:8848 says of these peers. */
export function convergenceOf(
  peers: readonly PeerConvergenceAnswer[],
  more: Partial<ConvergenceAnswer> = {},
): ConvergenceAnswer {
  return {
    self: "10.0.0.2:8848",
    state: "UP",
    version: "1.0.0",
    isReady: true,
    reason: null,
    contextPath: "/nacos",
    pendingHandOvers: 0,
    peers,
    ...more,
  };
}
