import type { ForwardOutcome } from "@nacre/core";
import type { Reply } from "../reply.ts";

/** What came of passing a write on. */
export type ForwardAnswer =
  | { readonly outcome: "answered"; readonly reply: Reply }
  | { readonly outcome: Exclude<ForwardOutcome, "answered">; readonly reason: string };

// What endpoints of Nacos answer to a write. Whoever answers anything else, 204 and 404 among it, is
// in trouble or no member at all.
const ANSWERS: ReadonlySet<number> = new Set([200, 400, 401, 403]);

/**
 * Says what an answer of the responsible member means. What it found out about the client's write is
 * the client's answer. What says that the member is in trouble is not: the write is then decided
 * here, where Nacos would pass the trouble on (`distro.md` 2.6).
 *
 * A 500 may be either. Endpoints complain of a request with 500 as well, in texts that begin with
 * `caused: ` (`http-api.md` 1.7).
 */
export function forwardAnswerOf(status: number, body: string): ForwardAnswer {
  if (status === 503) return { outcome: "failed", reason: "it does not serve" };
  if (isMisdirected(status, body)) {
    return { outcome: "refused", reason: "it does not take itself for responsible" };
  }
  if (ANSWERS.has(status) || (status === 500 && body.startsWith("caused: "))) {
    // As Nacos does, whatever it is that the other member said.
    const type = "application/json;charset=UTF-8";
    return { outcome: "answered", reply: { status, type, body } };
  }
  return { outcome: "refused", reason: `it answered ${status}` };
}

// In a page of JSON or HTML, as the client likes it.
function isMisdirected(status: number, body: string): boolean {
  return status === 400 && body.includes("receive invalid redirect request from peer ");
}
