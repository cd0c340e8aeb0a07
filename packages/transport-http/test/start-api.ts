import assert from "node:assert/strict";
import { ManualClock, MapConsistency, RecordingLogger } from "@nacre/core/testing";
import {
  defaultSwitches,
  Naming,
  type NamingOptions,
  PushService,
  ServiceAdmin,
  Subscribers,
} from "@nacre/naming";
import {
  HttpServer,
  type HttpServerOptions,
  NacosApi,
  type NacosApiDependencies,
  type NacosApiOptions,
  NacosRequest,
  nacosRoutes,
  type RequestParts,
  type Route,
  type SettledReply,
} from "@nacre/transport-http";
// Not exported: the server alone makes them.
import { readForm } from "../src/form-body.ts";
import { Params } from "../src/params.ts";

/** What an API is started with; the rest is as in a member that nobody has touched. */
export interface ApiOptions
  extends Pick<NacosApiDependencies, "writes">, Pick<NacosApiOptions, "status"> {
  readonly contextPath?: string;
  readonly naming?: NamingOptions;

  /** Endpoints besides those of Nacos. */
  readonly more?: readonly Route[];
}

/** An API over an empty registry, with time under control. */
export function startApi(apiOptions: ApiOptions = {}) {
  const { contextPath = "/nacos", naming: options, more = [], writes, ...rest } = apiOptions;
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const naming = new Naming({ clock, logger, consistency: new MapConsistency() }, options);
  const subscribers = new Subscribers({ subscribersMax: 100 });
  const pusher = { push: () => undefined };
  const pushService = new PushService({
    clock,
    subscribers,
    pusher,
    livedTime: naming.livedTime,
    switches: defaultSwitches,
  });
  const routes = nacosRoutes({
    clock,
    naming,
    pushService,
    switches: defaultSwitches,
    admin: new ServiceAdmin({ naming }),
    systemUsage: () => ({ cpu: 0.5, load: 1, mem: -1 }),
    port: () => 8848,
  });
  const api = new NacosApi(
    { clock, logger, writes },
    { routes: [...routes, ...more], contextPath, ...rest },
  );
  return { api, clock, logger, naming, pushService };
}

/** What a request of a test has besides its line. */
export interface Extras extends Partial<
  Pick<RequestParts, "agentText" | "addressOf" | "body" | "headers">
> {
  readonly accept?: string | undefined;

  /** A form. */
  readonly form?: string;
}

/** The request that a line of HTTP means. */
export function requestOf(method: string, target: string, extras: Extras = {}): NacosRequest {
  const [path = "", query = ""] = target.split("?");
  const params = new Params(10_000);
  params.parse(query, "drop");
  const { form = "", agentText = "", addressOf = () => "10.0.0.9", body, headers = {} } = extras;
  readForm(params, method, "application/x-www-form-urlencoded", Buffer.from(form));
  return new NacosRequest({ method, path, params, agentText, addressOf, body, headers });
}

/** Asks an API without a server in between; it must answer at once. */
export function ask(
  api: NacosApi,
  method: string,
  target: string,
  extras: Extras = {},
): SettledReply {
  const [path = ""] = target.split("?");
  const raw = { method, path, accept: extras.accept };
  const answer = api.refusalOf(raw) ?? api.answer(requestOf(method, target, extras), raw);
  assert(!(answer instanceof Promise), "the answer comes later");
  return answer;
}

/** A server on a free port of loopback, over an empty registry. */
export async function startServer(options: HttpServerOptions = {}, apiOptions: ApiOptions = {}) {
  const started = startApi(apiOptions);
  const server = new HttpServer({ logger: started.logger, api: started.api }, options);
  return {
    ...started,
    server,
    listen: () => server.listen({ host: "127.0.0.1", port: 0 }),
    /** Closes it at once. */
    close: () => server.close(Promise.resolve()),
  };
}
