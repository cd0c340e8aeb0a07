import type { IncomingMessage } from "node:http";
import type { SettledReply } from "./reply.ts";

/** Whether a browser asks if a page from elsewhere may send a request. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    headers["access-control-request-method"] !== undefined
  );
}

/**
 * The answer to a preflight: yes. Below the naming API Nacos spoils that with a 501, and browsers
 * take it for a no.
 */
export function preflightReply({ headers }: IncomingMessage, isNaming: boolean): SettledReply {
  const method = headers["access-control-request-method"] ?? "";
  const names = headers["access-control-request-headers"];
  return {
    status: isNaming ? 501 : 200,
    contentType: undefined,
    body: "",
    headers: {
      "Access-Control-Allow-Methods": method,
      ...(names === undefined ? {} : { "Access-Control-Allow-Headers": names }),
      ...(isNaming ? { Allow: ALLOWED } : { "Access-Control-Max-Age": "18000" }),
    },
  };
}

const ALLOWED = "GET, HEAD, POST, PUT, DELETE, TRACE, OPTIONS, PATCH";
