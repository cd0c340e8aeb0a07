import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Logger, type Millis, NacreError } from "@nacre/core";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { CallerAddress } from "./caller-address.ts";
import { containerPage } from "./error-reply.ts";
import { HttpEndpoint } from "./http-endpoint.ts";
import type { NacosApi } from "./nacos-api.ts";
import { writeReply } from "./write-reply.ts";

/** What an {@link HttpServer} is built from. */
export interface HttpServerDependencies {
  readonly logger: Logger;
  readonly api: NacosApi;
}

/** The limits of an {@link HttpServer}. */
export interface HttpServerOptions {
  /** Proxies whose `X-Forwarded-For` counts: addresses and CIDR blocks. @defaultValue none */
  readonly trustedProxies?: readonly string[];

  /** @defaultValue 2 MiB, as in Tomcat */
  readonly bodyBytesMax?: number;

  /** @defaultValue 512 KiB, as Nacos's start script sets it */
  readonly headerBytesMax?: number;

  /** Parameters beyond these are ignored. @defaultValue 10_000 */
  readonly paramsMax?: number;

  /** @defaultValue 10_000 */
  readonly connectionsMax?: number;

  /** How long a client may take to send its headers, as part of the next. @defaultValue 20_000 */
  readonly headersTimeoutMs?: Millis;

  /** How long a client may take to send a whole request. @defaultValue 30_000 */
  readonly requestTimeoutMs?: Millis;

  /** How long an idle connection stays open. @defaultValue 60_000 */
  readonly keepAliveTimeoutMs?: Millis;
}

const defaults: Required<HttpServerOptions> = {
  trustedProxies: [],
  bodyBytesMax: 2 * 1024 * 1024,
  headerBytesMax: 512 * 1024,
  paramsMax: 10_000,
  connectionsMax: 10_000,
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 60_000,
};

/**
 * Serves a {@link NacosApi} over HTTP.
 *
 * There are two ways in, and one answer: requests for the API, which are nearly all, go straight to
 * {@link HttpEndpoint}; everything else goes to `app`, a Fastify instance on which an application
 * registers routes of its own, and from there to the same endpoint when nothing matches.
 */
export class HttpServer {
  /** Routes beside the API, e.g. for probes. Register them before `listen`. */
  readonly app: FastifyInstance;
  readonly #endpoint: HttpEndpoint;
  readonly #logger: Logger;
  readonly #sockets = new Set<Socket>();
  #malformedCount = 0;

  constructor({ logger, api }: HttpServerDependencies, options: HttpServerOptions = {}) {
    const settings = { ...defaults, ...options };
    const callers = new CallerAddress(settings.trustedProxies);
    this.#endpoint = new HttpEndpoint({ api, callers }, settings);
    this.#logger = logger;
    this.app = Fastify({
      logger: false,
      exposeHeadRoutes: false,
      return503OnClosing: false,
      bodyLimit: settings.bodyBytesMax,
      serverFactory: (handler) => this.#createServer(handler, settings),
      frameworkErrors: (error, request, reply) => this.#refuse(error, request, reply),
    });
    this.#routeTheRest();
  }

  /** How many requests the API has answered. */
  get requestCount(): number {
    return this.#endpoint.requestCount;
  }

  /** How many connections sent something that is no HTTP, or too much, or too slowly. */
  get malformedCount(): number {
    return this.#malformedCount;
  }

  /**
   * Begins to listen.
   *
   * @returns the port, also when 0 was asked for
   * @throws {@link NacreError} `START_FAILED` when the address cannot be had.
   */
  async listen(address: { readonly host: string; readonly port: number }): Promise<number> {
    try {
      await this.app.listen(address);
    } catch (error) {
      throw startFailure(error, address);
    }
    const bound = this.app.server.address();
    return typeof bound === "object" && bound !== null ? bound.port : address.port;
  }

  /**
   * Stops accepting, answers what is in flight, and closes connections as they fall idle. What is
   * left when `cutAfter` resolves is cut: with a reset, since a Java member whose call is open when
   * its connection ends in good order makes no calls any more (`distro.md` 1.7).
   */
  async close(cutAfter: Promise<void>): Promise<void> {
    this.#endpoint.closing = true;
    void cutAfter.then(() => {
      for (const socket of this.#sockets) socket.resetAndDestroy();
    });
    // `node:http` does not count a connection as idle before its first request.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    await this.app.close();
  }

  #createServer(
    handler: (request: IncomingMessage, response: ServerResponse) => void,
    settings: Required<HttpServerOptions>,
  ): Server {
    const server = createServer(
      {
        maxHeaderSize: settings.headerBytesMax,
        // `node:http` refuses more than the whole request may take.
        headersTimeout: Math.min(settings.headersTimeoutMs, settings.requestTimeoutMs),
        requestTimeout: settings.requestTimeoutMs,
        keepAliveTimeout: settings.keepAliveTimeoutMs,
        // How often the two time-outs above are looked at.
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => {
        request.url = originForm(request.url);
        if (!this.#endpoint.take(request, response)) handler(request, response);
      },
    );
    server.maxConnections = settings.connectionsMax;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code !== "ECONNRESET") this.#malformedCount++;
      this.#logger.debug({ code: error.code }, "a client sent no proper request");
      refuseMalformed(error, socket);
    });
    return server;
  }

  #routeTheRest(): void {
    this.app.removeAllContentTypeParsers();
    this.app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
      done(null, body);
    });
    this.app.setErrorHandler<FastifyError>((error, request, reply) =>
      this.#refuse(error, request, reply),
    );
    this.app.setNotFoundHandler((request, reply) => this.#answer(request, reply));
  }

  #answer({ raw, body }: FastifyRequest, reply: FastifyReply): void {
    reply.hijack();
    this.#endpoint.answer(raw, reply.raw, Buffer.isBuffer(body) ? body : undefined);
  }

  #refuse(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    // A body whose type cannot be read is no form, and the API minds no more than that.
    if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" && request.is404) {
      this.#answer(request, reply);
      return;
    }
    const status = error.statusCode ?? 500;
    if (status === 500) {
      const { method, url: path } = request;
      this.#logger.error({ err: error, method, path }, "a route failed, the client gets 500");
    }
    reply.hijack();
    writeReply(request.raw, reply.raw, containerPage(status), true);
  }
}

// A proxy's client names the whole address; what counts here is the part from the path on.
function originForm(url = "/"): string {
  return url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*\/?/i, "/");
}

function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE.get(error.code ?? "") ?? 400;
  const { body, contentType } = containerPage(status);
  const head =
    `HTTP/1.1 ${status} \r\nContent-Type: ${contentType}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  // Fastify hears of it next and destroys the socket: the client may never close its half.
  socket.end(head + body);
}

const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

function startFailure(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const reasons = new Map<unknown, string>([
    ["EADDRINUSE", "another process listens there"],
    ["EACCES", "this user may not listen there"],
    ["EADDRNOTAVAIL", "this machine has no such address"],
    ["ENOTFOUND", "no such host is known"],
  ]);
  const reason = reasons.get(error.code) ?? error.message;
  const message = `cannot listen on ${host}:${port}: ${reason}`;
  return new NacreError("START_FAILED", message, { cause: error });
}
