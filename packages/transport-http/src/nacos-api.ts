import { type Clock, type Logger, NacreError } from "@nacre/core";
import { type Acceptance, acceptanceOf } from "./accept.ts";
import { containerPage, errorPage, errorReply, notAcceptable, notServing } from "./error-reply.ts";
import type { WriteForwarding } from "./forward/write-forwarding.ts";
import { emptyReply, type Reply, type SettledReply, textReply } from "./reply.ts";
import type { NacosRequest } from "./request.ts";
import type { Method, Route } from "./route.ts";
import type { ServerStatus } from "./server-status.ts";

/** What a {@link NacosApi} is built from. */
export interface NacosApiDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** Asks other members for answers. @defaultValue this member answers everything */
  readonly writes?: WriteForwarding | undefined;
}

/** The endpoints of a {@link NacosApi}, and where they stand. */
export interface NacosApiOptions {
  /** Every endpoint. Paths that begin with `/nacre/` stand outside the context path. */
  readonly routes: readonly Route[];

  /** `/nacos` as a rule; empty: none. */
  readonly contextPath: string;

  /** Whether this member serves; asked for each request of naming. @defaultValue always `UP` */
  readonly status?: () => ServerStatus;
}

/** An answer, or one that comes later, from another member. */
export type Answer = SettledReply | Promise<SettledReply>;

/** A request that has not been looked at: its line and what the answer depends on. */
export interface RawRequest {
  readonly method: string;

  /** As it came, without the query. */
  readonly path: string;
  readonly accept: string | undefined;
}

const WRITES: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH"]);
const METHODS: ReadonlySet<string> = new Set(["GET", ...WRITES]);
const OVERRIDES: ReadonlySet<string> = new Set(["PUT", "DELETE", "PATCH"]);

// What the firewall of Spring refuses in a path.
const MALICIOUS = /;|%3[bB]|\/\/|%25|%2[eE]/;

/**
 * The API as a table: finds the endpoint of a request, lets it answer, and turns failures into the
 * answers that Nacos gives. It knows nothing of sockets.
 */
export class NacosApi {
  /** Every endpoint, in the order of the families. */
  readonly routes: readonly Route[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #writes: WriteForwarding | undefined;
  readonly #status: () => ServerStatus;
  readonly #contextPath: string;
  readonly #table: ReadonlyMap<string, Route>;

  constructor({ clock, logger, writes }: NacosApiDependencies, options: NacosApiOptions) {
    const { routes, contextPath, status = () => "UP" } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#writes = writes;
    this.#status = status;
    this.#contextPath = contextPath;
    this.routes = routes;
    this.#table = new Map(
      routes.map((route) => [`${route.method} ${this.#fullPath(route.path)}`, route]),
    );
  }

  /**
   * The endpoint of a method and a full path, exactly as spelled (`http-api.md` 1.11): no trailing
   * slash, no suffix.
   */
  routeOf(method: string, path: string): Route | undefined {
    return this.#table.get(`${method} ${path}`);
  }

  /** What the HTTP container refuses before anybody looks at the request; as a rule nothing. */
  refusalOf({ method, path, accept }: RawRequest): SettledReply | undefined {
    if (method === "TRACE") {
      const allow = "HEAD, DELETE, POST, GET, OPTIONS, PUT";
      return containerPage(405, { allow });
    }
    if (!METHODS.has(method) && method !== "HEAD" && method !== "OPTIONS") {
      return containerPage(500);
    }
    if (/%(?:00|2f|5c|(?![0-9a-f]{2}))/i.test(path)) return containerPage(400);
    const malicious = MALICIOUS.exec(path)?.[0];
    if (malicious === undefined) return undefined;
    const message = `The request was rejected because the URL contained a potentially malicious String "${malicious}"`;
    return this.#errorPage(500, message, path, acceptanceOf(accept));
  }

  /** Whether a full path stands below the context path. */
  isBelowContext(path: string): boolean {
    return path === this.#contextPath || path.startsWith(`${this.#contextPath}/`);
  }

  /** Whether a full path belongs to the naming API. */
  isNaming(path: string): boolean {
    return `${path}/`.startsWith(`${this.#contextPath}/v1/ns/`);
  }

  /** Answers a request. `raw` is its line; `request.path` is the full path, decoded. */
  answer(request: NacosRequest, raw: RawRequest): Answer {
    const acceptance = acceptanceOf(raw.accept);
    const method = effectiveMethod(request);
    const route = this.routeOf(method, request.path) ?? this.#toleratedRoute(method, request.path);
    if (route !== undefined) return this.#answerKnown(route, request, acceptance);
    const unavailable = this.#unavailable(method, request);
    if (unavailable !== undefined) return settle(unavailable, acceptance);
    return this.#answerUnknown(method, request.path, raw.path, acceptance);
  }

  /**
   * Answers a request for the endpoint at `route`, unless it says in a parameter that it means
   * another one.
   */
  answerAt(route: Route, request: NacosRequest, accept: string | undefined): Answer {
    if (effectiveMethod(request) === route.method) {
      return this.#answerKnown(route, request, acceptanceOf(accept));
    }
    return this.answer(request, { method: request.method, path: request.path, accept });
  }

  #answerKnown(route: Route, request: NacosRequest, acceptance: Acceptance): Answer {
    const unavailable = this.#unavailable(route.method, request);
    if (unavailable !== undefined) return settle(unavailable, acceptance);
    if (route.isDistributed === true && this.#writes !== undefined) {
      return this.#answerSomewhere(route, request, acceptance, this.#writes);
    }
    return settle(this.#answerHere(route, request, acceptance), acceptance);
  }

  #answerSomewhere(
    route: Route,
    request: NacosRequest,
    acceptance: Acceptance,
    writes: WriteForwarding,
  ): Answer {
    const here = (): Reply => this.#answerHere(route, request, acceptance);
    let reply: Reply | Promise<Reply>;
    try {
      reply = writes.answer(route, request, here);
    } catch (error) {
      reply = this.#failureReply(error, route, acceptance);
    }
    if (!(reply instanceof Promise)) return settle(reply, acceptance);
    return reply.then((later) => settle(later, acceptance));
  }

  #answerHere(route: Route, request: NacosRequest, acceptance: Acceptance): Reply {
    try {
      return route.answer(request);
    } catch (error) {
      return this.#failureReply(error, route, acceptance);
    }
  }

  // A client's mistake is answered. Ours is answered too, so that nobody else pays for it.
  #failureReply(error: unknown, { method, path }: Route, acceptance: Acceptance): Reply {
    if (!(error instanceof NacreError)) {
      this.#logger.error({ err: error, method, path }, "an endpoint failed, the client gets 500");
    } else if (error.code === "NOT_RESPONSIBLE") {
      const { status, message } = error;
      const refusal = { status, message, path: this.#fullPath(path) };
      return errorPage(refusal, acceptance, this.#clock);
    }
    return errorReply(error);
  }

  // A member that has nothing yet must not look like one where nothing is registered. Writes are
  // taken, which Nacos refuses: whoever beats now is in the lists as soon as there are lists.
  #unavailable(method: string, { path, agent }: NacosRequest): Reply | undefined {
    const status = this.#status();
    if (status === "UP" || !this.isNaming(path)) return undefined;
    if (WRITES.has(method) || agent.type === "NACOS_SERVER") return undefined;
    return errorReply(notServing(status));
  }

  #answerUnknown(
    method: string,
    path: string,
    rawPath: string,
    acceptance: Acceptance,
  ): SettledReply {
    if (this.isNaming(path)) {
      const message = `no such api:${method}:${rawPath}`;
      return this.#errorPage(501, message, rawPath, acceptance);
    }
    const allowed = this.#methodsOf(path);
    if (method === "OPTIONS" && allowed.length > 0) {
      const methods = allowed.flatMap((known) => (known === "GET" ? ["GET", "HEAD"] : [known]));
      return settle(emptyReply(200, { allow: [...methods, "OPTIONS"].join(",") }), acceptance);
    }
    if (allowed.length > 0) {
      const reply = textReply(`caused: Request method '${method}' not supported;`, 500);
      return settle(reply, acceptance);
    }
    if (!this.isBelowContext(path)) return containerPage(404);
    return this.#errorPage(404, "No message available", rawPath, acceptance);
  }

  #errorPage(status: number, message: string, path: string, acceptance: Acceptance): SettledReply {
    return settle(errorPage({ status, message, path }, acceptance, this.#clock), acceptance);
  }

  // Outside of naming a trailing slash does not count, and HEAD is answered as GET is.
  #toleratedRoute(method: string, path: string): Route | undefined {
    if (this.isNaming(path)) return undefined;
    return this.routeOf(method === "HEAD" ? "GET" : method, path.replace(/\/$/, ""));
  }

  #methodsOf(path: string): readonly Method[] {
    const bare = path.endsWith("/") ? path.slice(0, -1) : path;
    return this.routes
      .filter((route) => this.#fullPath(route.path) === bare)
      .map(({ method }) => method);
  }

  #fullPath(path: string): string {
    return path.startsWith("/nacre/") ? path : `${this.#contextPath}${path}`;
  }
}

// A POST may say that it means another method.
function effectiveMethod({ method, params }: NacosRequest): string {
  if (method !== "POST") return method;
  const override = params.given("_method")?.toUpperCase() ?? "";
  return OVERRIDES.has(override) ? override : method;
}

function settle(reply: Reply, acceptance: Acceptance): SettledReply {
  const { status, type, body, byteLength, headers } = reply;
  if (type !== "text" && type !== "json")
    return { status, contentType: type, body, byteLength, headers };
  const contentType = type === "json" ? acceptance.json : acceptance.text;
  if (contentType !== undefined) {
    return { status, contentType, body, byteLength, headers, isChunked: type === "json" };
  }
  if (acceptance.text === undefined) return settle(notAcceptable, acceptance);
  const refused = new NacreError("NOT_ACCEPTABLE", "Could not find acceptable representation");
  return settle(errorReply(refused), acceptance);
}
