import type { Instance } from "@nacre/core";

/** An instance as a client registers it, with what a test wants otherwise. */
export function instanceAt(ip: string, changes: Partial<Instance> = {}): Instance {
  return {
    instanceId: `${ip}#8080#DEFAULT#DEFAULT_GROUP@@orders`,
    ip,
    port: 8080,
    weight: 1,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: "DEFAULT",
    metadata: {},
    app: "DEFAULT",
    marked: false,
    version: 1,
    ...changes,
  };
}
