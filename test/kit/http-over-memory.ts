import { ManualClock, MapConsistency, RecordingLogger } from "@nacre/core/testing";
import { defaultSwitches, Naming, PushService, ServiceAdmin, Subscribers } from "@nacre/naming";
import { HttpServer, type HttpServerOptions, NacosApi, nacosRoutes } from "@nacre/transport-http";
import type { Address } from "./raw-http.ts";

const HOST = "127.0.0.1";

/** An {@link HttpServer} in this process, over a registry of its own whose time stands still. */
export async function startHttp(options: HttpServerOptions = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const consistency = new MapConsistency();
  const naming = new Naming({ clock, logger, consistency });
  const pushService = new PushService({
    clock,
    livedTime: naming.livedTime,
    switches: defaultSwitches,
    subscribers: new Subscribers({ subscribersMax: 100 }),
    pusher: { push: () => undefined },
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
  const api = new NacosApi({ clock, logger }, { routes, contextPath: "/nacos" });
  const server = new HttpServer({ logger, api }, options);
  const address: Address = { host: HOST, port: await server.listen({ host: HOST, port: 0 }) };
  return { address, api, logger, naming, server };
}
