import { systemClock } from "@nacre/core";
import { silentLogger } from "@nacre/core/testing";
import { loadSettings, PrometheusMeter, Server } from "@nacre/server";
import { MemoryStore } from "@nacre/store-memory";

const served = new Set(
  new Server(loadSettings({ flags: {}, environment: {}, folder: "." }).config, {
    clock: systemClock,
    logger: silentLogger,
    store: new MemoryStore(),
    meter: new PrometheusMeter(),
  }).api.routes.map(({ method, path }) => `${method} ${path}`),
);

const paths = new Set([...served].map((route) => route.slice(route.indexOf(" ") + 1)));

/** Whether this version serves an endpoint; the path is the one below the context path. */
export function isServed(method: string, path: string): boolean {
  if (path.startsWith("/actuator")) return true;
  if (method === "OPTIONS") return paths.has(path);
  return served.has(`${method === "HEAD" ? "GET" : method} ${path}`);
}
