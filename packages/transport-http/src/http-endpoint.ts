import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallerAddress } from "./caller-address.ts";
import { containerPage } from "./error-reply.ts";
import { readForm } from "./form-body.ts";
import type { Answer, NacosApi, RawRequest } from "./nacos-api.ts";
import { Params } from "./params.ts";
import { isPreflight, preflightReply } from "./preflight.ts";
import type { SettledReply } from "./reply.ts";
import { NacosRequest } from "./request.ts";
import type { Route } from "./route.ts";
import { writeReply } from "./write-reply.ts";

/** What an {@link HttpEndpoint} is built from. */
export interface HttpEndpointDependencies {
  readonly api: NacosApi;
  readonly callers: CallerAddress;
}

/** The limits of an {@link HttpEndpoint}. */
export interface HttpEndpointOptions {
  readonly bodyBytesMax: number;
  readonly paramsMax: number;
}

interface DueReply {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly reply: SettledReply;

  /** Whether the connection ends with it. */
  readonly isLast: boolean;
}

// What RFC 7230 forbids in a request target; Tomcat refuses it before Nacos sees the request.
// oxlint-disable-next-line no-control-regex -- the upper half of the bytes is part of it
const FORBIDDEN = /["#<>\\^`{|}\u007f-\u00ff]/;

/**
 * Between `node:http` and the API: reads the parameters of a request once, has it answered, writes
 * the answer.
 */
export class HttpEndpoint {
  /** Whether the server is about to stop: clients are then told to close their connections. */
  closing = false;

  readonly #api: NacosApi;
  readonly #callers: CallerAddress;
  readonly #options: HttpEndpointOptions;
  #due: DueReply[] = [];
  #requestCount = 0;

  constructor({ api, callers }: HttpEndpointDependencies, options: HttpEndpointOptions) {
    this.#api = api;
    this.#callers = callers;
    this.#options = options;
  }

  /** How many requests it has answered. */
  get requestCount(): number {
    return this.#requestCount;
  }

  /**
   * Takes a request that is for an endpoint of the API, or that nobody may take. Anything else, and
   * what needs more care with its body, is left to the caller.
   */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? "/";
    const method = request.method ?? "GET";
    if (FORBIDDEN.test(url)) {
      this.#reply(request, response, containerPage(400));
      return true;
    }
    const path = pathOf(url);
    const route = this.#api.routeOf(method, path);
    if (route === undefined) return false;
    const { "content-length": length, "transfer-encoding": encoding } = request.headers;
    if (encoding !== undefined) return false;
    const isBare = method === "GET" && route.takesGetBody !== true;
    if (length === undefined || length === "0" || isBare) {
      this.#answerAt(route, path, request, response, undefined);
      return true;
    }
    if (route.isDistributed === true && method === "DELETE" && isHollow(request)) {
      this.#answerAt(route, path, request, response, undefined, true);
      return true;
    }
    if (Number(length) > this.#bodyBytesMax(route, request)) return false;
    this.#readBody(request, (body) => this.#answerAt(route, path, request, response, body));
    return true;
  }

  /** Answers a request for anything, whose body has been read. */
  answer(request: IncomingMessage, response: ServerResponse, body: Buffer | undefined): void {
    this.#requestCount++;
    const method = request.method ?? "GET";
    const path = pathOf(request.url ?? "/");
    const raw: RawRequest = { method, path, accept: request.headers.accept };
    const reply =
      this.#api.refusalOf(raw) ??
      this.#preflightAnswer(request, path) ??
      this.#api.answer(this.#read(request, method, path, decodedPath(path), body), raw);
    this.#reply(request, response, reply);
  }

  #preflightAnswer(request: IncomingMessage, path: string): SettledReply | undefined {
    if (!isPreflight(request) || !this.#api.isBelowContext(path)) return undefined;
    return preflightReply(request, this.#api.isNaming(path));
  }

  #bodyBytesMax({ bodyBytesMaxOf }: Route, request: IncomingMessage): number {
    const { bodyBytesMax } = this.#options;
    if (bodyBytesMaxOf === undefined) return bodyBytesMax;
    const header = (name: string) => singleHeader(request.headers[name]);
    return bodyBytesMaxOf({ address: this.#callers.of(request), header }) ?? bodyBytesMax;
  }

  // The path is the endpoint's own, so there is nothing in it to decode or to refuse.
  #answerAt(
    route: Route,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    isLast = false,
  ): void {
    this.#requestCount++;
    const nacosRequest = this.#read(request, route.method, path, path, body);
    const answer = this.#api.answerAt(route, nacosRequest, request.headers.accept);
    this.#reply(request, response, answer, isLast);
  }

  #reply(request: IncomingMessage, response: ServerResponse, answer: Answer, isLast = false): void {
    if (!(answer instanceof Promise)) {
      this.#writeLater({ request, response, reply: answer, isLast });
      return;
    }
    void answer.then((reply) => this.#writeLater({ request, response, reply, isLast }));
  }

  // Answers leave together at the end of the turn. Written one by one, each would wake its client on
  // the spot, and that costs the member more than many a request.
  #writeLater(reply: DueReply): void {
    if (this.#due.push(reply) > 1) return;
    setImmediate(() => {
      const due = this.#due;
      this.#due = [];
      for (const { request, response, reply, isLast } of due) {
        writeReply(request, response, reply, this.closing || isLast);
      }
    });
  }

  #read(
    request: IncomingMessage,
    method: string,
    rawPath: string,
    path: string,
    body: Buffer | undefined,
  ): NacosRequest {
    const { headers } = request;
    const params = new Params(this.#options.paramsMax);
    params.parse((request.url ?? "").slice(rawPath.length + 1), "drop");
    const isForm = body !== undefined && readForm(params, method, headers["content-type"], body);
    return new NacosRequest({
      method,
      path,
      params,
      agentText: agentText(headers),
      addressOf: () => this.#callers.of(request),
      body: isForm ? undefined : body,
      headers,
    });
  }

  // The length was announced and looked at, and node:http holds the client to it.
  #readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    request.on("data", (chunk: Buffer) => {
      if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    request.on("end", () =>
      done(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more)),
    );
  }
}

function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

function decodedPath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

// A Java member that passes on a DELETE with a form says in the query what was in it, announces its
// length all the same, and never sends it (`distro.md` 2.6).
function isHollow({ url = "", headers }: IncomingMessage): boolean {
  return agentText(headers).includes("Nacos-Server") && /[?&](?:serviceName|dom)=/.test(url);
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function agentText(headers: IncomingMessage["headers"]): string {
  const agent = headers["user-agent"];
  if (agent !== undefined && agent !== "") return agent;
  return String(headers["client-version"] ?? "");
}
