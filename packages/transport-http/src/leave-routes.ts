import { NacreError } from "@nacre/core";
import type { PeerGuard } from "./peers/peer-guard.ts";
import { jsonReply, type Reply } from "./reply.ts";
import { type Caller, type Route, route } from "./route.ts";

/** What {@link leaveRoutes} work on. */
export interface LeaveRoutesOptions {
  readonly guard: Pick<PeerGuard, "isTrusted" | "hasIdentity">;

  /**
   * Makes the member hand over and stop, behind the answer. It may be called again while that goes on.
   *
   * @param by the address of who asked
   */
  readonly onLeave: (by: string) => void;
}

/**
 * `POST /nacre/v1/leave` answers `{"leaving":true}`, and then the member hands over and stops. Only the
 * member's own machine, other members and whoever carries their identity may ask for it.
 */
export function leaveRoutes({ guard, onLeave }: LeaveRoutesOptions): readonly Route[] {
  const leave = (request: Caller): Reply => {
    const mayLeave =
      isOwnMachine(request) || guard.isTrusted(request) || guard.hasIdentity(request);
    if (!mayLeave || isWebPage(request)) throw stranger(request);
    onLeave(request.address);
    return jsonReply('{"leaving":true}');
  };
  return [route("POST", "/nacre/v1/leave", leave)];
}

// A proxy on this machine calls from loopback whoever called it.
function isOwnMachine(caller: Caller): boolean {
  const isPassedOn = ["x-forwarded-for", "forwarded", "via"].some(
    (name) => caller.header(name) !== undefined,
  );
  return !isPassedOn && /^(?:127\.|::1$)/.test(caller.address);
}

// Any page in a browser on this machine could call; browsers say so.
function isWebPage(caller: Caller): boolean {
  return caller.header("origin") !== undefined || caller.header("sec-fetch-site") !== undefined;
}

function stranger({ address }: Caller): NacreError {
  const message =
    `${address} may not make this member leave; its own machine, other members, and calls with ` +
    "the server identity may";
  return new NacreError("STRANGER", message);
}
