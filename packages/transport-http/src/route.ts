import type { NacosRequest } from "./request.ts";
import type { Reply } from "./reply.ts";

/** The methods that Nacos's endpoints have. */
export type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** One endpoint. */
export interface Route {
  readonly method: Method;

  /** Below the context path. */
  readonly path: string;

  /** Answers synchronously: nothing that an endpoint does waits for I/O. */
  readonly answer: (request: NacosRequest) => Reply;
}

/** The endpoint `method` `path`. */
export function route(method: Method, path: string, answer: Route["answer"]): Route {
  return { method, path, answer };
}
