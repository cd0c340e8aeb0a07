import type { NacosRequest } from "./request.ts";
import type { Reply } from "./reply.ts";

/** The methods that Nacos's endpoints have. */
export type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** Who sends a request, as far as its head tells. */
export interface Caller {
  readonly address: string;

  /** A header by its name in lower case. */
  header(name: string): string | undefined;
}

/** One endpoint. */
export interface Route {
  readonly method: Method;

  /** Below the context path. */
  readonly path: string;

  /** Answers synchronously: nothing that an endpoint does waits for I/O. */
  readonly answer: (request: NacosRequest) => Reply;

  /** Whether the member that is responsible for the service answers (`distro.md` 2.6). */
  readonly isDistributed?: boolean;

  /**
   * Of a distributed one: answers at whichever member when there is nothing to decide; `undefined`
   * when there is, and the responsible member must be asked.
   */
  readonly answerAnywhere?: (request: NacosRequest) => Reply | undefined;

  /** The largest body it takes from a caller; `undefined`: as large as other endpoints do. */
  readonly bodyBytesMaxOf?: (caller: Caller) => number | undefined;

  /** Whether its GET comes with a body, as one of a peer's does (`distro.md` 1.6). */
  readonly takesGetBody?: boolean;
}

/** The endpoint `method` `path`. */
export function route(
  method: Method,
  path: string,
  answer: Route["answer"],
  options: Omit<Route, "method" | "path" | "answer"> = {},
): Route {
  return { method, path, answer, ...options };
}
