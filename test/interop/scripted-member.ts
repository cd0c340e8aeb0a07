import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** A request that a {@link ScriptedMember} got. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly target: string;
  /** By their names in lower case. */
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Answers a request, or leaves it open. */
export type Script = (response: ServerResponse, seen: SeenRequest) => void;

/** A script that answers with a text. */
export function says(
  status: number,
  body: string,
  type = "application/json;charset=UTF-8",
): Script {
  return (response) => {
    response.writeHead(status, { "Content-Type": type });
    response.end(body);
  };
}

// What a member of Java that holds nothing answers.
const ok = says(200, "ok", "text/html;charset=UTF-8");
const usual: Readonly<Record<string, Script>> = {
  "POST /v1/core/cluster/report": says(200, '{"code":200,"message":null,"data":"true"}'),
  "PUT /v1/ns/distro/datum": ok,
  "PUT /v1/ns/distro/checksum": ok,
  "GET /v1/ns/distro/datum": says(200, "{}", "application/octet-stream"),
  "GET /v1/ns/distro/datums": says(200, "{}", "application/octet-stream"),
  "POST /v1/ns/service/status": ok,
  "POST /v1/ns/instance": ok,
  "PUT /v1/ns/instance": ok,
  "PATCH /v1/ns/instance": ok,
  "DELETE /v1/ns/instance": ok,
};

/**
 * A server in the place of a Java member: it keeps what it is asked, and answers as it is told to.
 *
 * Paths are those below the context path.
 */
export class ScriptedMember {
  readonly seen: SeenRequest[] = [];
  readonly #scripts = new Map(Object.entries(usual));
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, response) => {
      // A caller that goes away before it has sent all gets no answer.
      this.#answer(incoming, response).catch(() => response.destroy());
    });
  }

  async start(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
  }

  /** Ends it, and all connections with it. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Answers `METHOD /path` in another way from now on. */
  on(line: string, script: Script): void {
    this.#scripts.set(line, script);
  }

  /** What it was asked so far, oldest first; `line` is `METHOD /path`. */
  requests(line: string): readonly SeenRequest[] {
    return this.seen.filter((each) => lineOf(each) === line);
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: target = "", headers } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const seen = { method, target, headers, body: Buffer.concat(chunks).toString("utf8") };
    this.seen.push(seen);
    const isNaming = target.startsWith("/nacos/v1/ns/");
    const unknown = says(isNaming ? 501 : 404, "no such api", "text/html;charset=UTF-8");
    (this.#scripts.get(lineOf(seen)) ?? unknown)(response, seen);
  }
}

function lineOf({ method, target }: SeenRequest): string {
  return `${method} ${target.replace(/^\/nacos/, "").replace(/\?.*$/, "")}`;
}
