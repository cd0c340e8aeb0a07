import { javaFloat } from "@nacre/core";
import type { Naming } from "@nacre/naming";
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
}

/** What operators, probes and clients ask of a member as a whole (`http-api.md` 2.6, 3.2). */
export function operatorRoutes({ naming, systemUsage }: OperatorRoutesOptions): readonly Route[] {
  const metrics = () => {
    const { cpu, load, mem } = systemUsage();
    const services = naming.services.size;
    const instances = naming.instanceCount;
    return jsonReply(
      `{"status":"UP","serviceCount":${services},"instanceCount":${instances},` +
        `"raftNotifyTaskCount":0,"responsibleServiceCount":${services},` +
        `"responsibleInstanceCount":${instances},"cpu":${javaFloat(cpu)},` +
        `"load":${javaFloat(load)},"mem":${javaFloat(mem)}}`,
    );
  };
  return [
    route("GET", "/v1/ns/operator/metrics", metrics),
    route("GET", "/v1/ns/ops/metrics", metrics),
    route("GET", "/v1/console/server/state", () =>
      jsonReply('{"version":"1.4.1","standalone_mode":"standalone","function_mode":null}'),
    ),
    route("GET", "/v1/console/health/liveness", () => textReply("OK")),
    route("GET", "/v1/console/health/readiness", () => textReply("OK")),
  ];
}
