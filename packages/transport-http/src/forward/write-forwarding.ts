import {
  type Address,
  type Forwarding,
  isGroupedName,
  type Logger,
  NacreError,
  type Version,
} from "@nacre/core";
import { notServing } from "../error-reply.ts";
import type { Reply } from "../reply.ts";
import type { NacosRequest } from "../request.ts";
import type { Caller, Route } from "../route.ts";
import type { ServerStatus } from "../server-status.ts";
import type { ForwardAgent } from "./forward-agent.ts";
import type { ForwardAnswer } from "./forward-answer.ts";
import { originOf } from "./forwarded-request.ts";

/** What a {@link WriteForwarding} is built from. */
export interface WriteForwardingDependencies {
  readonly logger: Logger;
  readonly forwarding: Forwarding;
  readonly agent: Pick<ForwardAgent, "forward">;

  /** Whether a member calls. What a stranger says of a client's write does not count. */
  readonly isMember: (caller: Caller) => boolean;

  readonly status: () => ServerStatus;

  /** The version of a write that a client sends now. */
  readonly nextVersion: () => Version;
}

/**
 * Between the table of endpoints and the distributed ones: has the member answer that is responsible
 * for the service (`distro.md` 2.6). When it cannot, this one does, so that no write is lost.
 *
 * A write travels once. What a server passes on is answered here or refused, never passed on again.
 */
export class WriteForwarding {
  readonly #logger: Logger;
  readonly #forwarding: Forwarding;
  readonly #agent: Pick<ForwardAgent, "forward">;
  readonly #isMember: (caller: Caller) => boolean;
  readonly #status: () => ServerStatus;
  readonly #nextVersion: () => Version;

  constructor(dependencies: WriteForwardingDependencies) {
    this.#logger = dependencies.logger;
    this.#forwarding = dependencies.forwarding;
    this.#agent = dependencies.agent;
    this.#isMember = dependencies.isMember;
    this.#status = dependencies.status;
    this.#nextVersion = dependencies.nextVersion;
  }

  /**
   * Finds the member that answers a request for a distributed endpoint.
   *
   * @param here answers it at this member
   * @returns a promise only when another member is asked
   * @throws {@link NacreError} `NOT_RESPONSIBLE` or `STARTING` to a server that passed it on.
   */
  answer(route: Route, request: NacosRequest, here: () => Reply): Reply | Promise<Reply> {
    const { groupedName } = request;
    // The endpoint knows how to complain of a name.
    if (groupedName === undefined || !isGroupedName(groupedName)) return here();
    if (request.isFromServer) {
      this.#admit(request, groupedName);
      return here();
    }
    const peer = this.#forwarding.peerFor(groupedName);
    if (peer === undefined) return here();
    const { answerAnywhere } = route;
    if (answerAnywhere !== undefined && this.#forwarding.mayTakeBeat(groupedName)) {
      const reply = answerAnywhere(request);
      if (reply !== undefined) return reply;
    }
    return this.#answerAt(peer, route, request, here);
  }

  // Nacre members merge what they decide, so whichever of them is asked may decide. With Java members
  // only the responsible one may.
  #admit(request: NacosRequest, groupedName: string): void {
    const origin = originOf(request);
    if (origin !== undefined && this.#isMember(request)) {
      const status = this.#status();
      if (status !== "UP") throw notServing(status);
      request.origin = origin;
    } else if (!this.#forwarding.isResponsible(groupedName)) {
      throw new NacreError(
        "NOT_RESPONSIBLE",
        `receive invalid redirect request from peer ${request.address}`,
      );
    }
  }

  async #answerAt(
    peer: Address,
    route: Route,
    request: NacosRequest,
    here: () => Reply,
  ): Promise<Reply> {
    const acceptedAs = this.#nextVersion();
    const end = this.#forwarding.begin(peer);
    let answer: ForwardAnswer;
    try {
      answer = await this.#agent.forward(peer, request, route.method, acceptedAs);
    } catch (err) {
      // A mistake of ours, and no reason to lose the write.
      this.#logger.error({ err, peer, path: route.path }, "a write could not be passed on");
      answer = { outcome: "failed", reason: "a mistake of ours" };
    }
    end(answer.outcome);
    if (answer.outcome === "answered") return answer.reply;
    const { reason } = answer;
    const service = request.groupedName;
    this.#logger.debug({ peer, service, reason }, "a write is decided here instead");
    // The peer may have done it all the same, and something else may have happened to it since.
    request.origin = { acceptedAs };
    return here();
  }
}
