import { javaFloat } from "@nacre/core";
import type { Naming } from "@nacre/naming";
import type { ClusterView } from "./peers/cluster-view.ts";
import { jsonReply, textReply } from "./reply.ts";
import { type Route, route } from "./route.ts";

/** How busy the machine is, each from 0 to 1 but `load`; -1 when it cannot be told. */
export interface SystemUsage {
  readonly cpu: number;

  /** Average number of runnable tasks over the last minute. */
  readonly load: number;
  readonly mem: number;
}

/** What the operator endpoints work on. */
export interface OperatorRoutesOptions {
  readonly naming: Naming;
  readonly systemUsage: () => SystemUsage;

  /** The members, of which this is one. @defaultValue it is the only one, and serves */
  readonly cluster?: ClusterView | undefined;

  /** Whether it runs alone. @defaultValue true */
  readonly isStandalone?: boolean | undefined;
}

/** What operators, probes and clients ask of a member as a whole (`http-api.md` 2.6, 3.2). */
export function operatorRoutes(options: OperatorRoutesOptions): readonly Route[] {
  const { naming, systemUsage, cluster, isStandalone = true } = options;
  const metrics = () => {
    const { cpu, load, mem } = systemUsage();
    const services = naming.services.size;
    const instances = naming.instanceCount;
    const own = cluster === undefined ? { services, instances } : ownCounts(naming, cluster);
    const status = cluster?.isReady === false ? "STARTING" : "UP";
    return jsonReply(
      `{"status":"${status}","serviceCount":${services},"instanceCount":${instances},` +
        `"raftNotifyTaskCount":0,"responsibleServiceCount":${own.services},` +
        `"responsibleInstanceCount":${own.instances},"cpu":${javaFloat(cpu)},` +
        `"load":${javaFloat(load)},"mem":${javaFloat(mem)}}`,
    );
  };
  return [
    route("GET", "/v1/ns/operator/metrics", metrics),
    route("GET", "/v1/ns/ops/metrics", metrics),
    route("GET", "/v1/console/server/state", () =>
      jsonReply(
        `{"version":"1.4.1","standalone_mode":"${isStandalone ? "standalone" : "cluster"}",` +
          '"function_mode":null}',
      ),
    ),
    route("GET", "/v1/console/health/liveness", () => textReply("OK")),
    route("GET", "/v1/console/health/readiness", () => textReply("OK")),
  ];
}

function ownCounts(
  { services: all }: Naming,
  cluster: ClusterView,
): { readonly services: number; readonly instances: number } {
  let services = 0;
  let instances = 0;
  for (const service of all.all()) {
    if (!cluster.isResponsible(service.name)) continue;
    services++;
    instances += service.instances.length;
  }
  return { services, instances };
}
