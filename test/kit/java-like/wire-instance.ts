import type { Instance } from "@nacre/core";

/** An instance as Jackson writes and reads it (`distro.md` 1.3); what else it carries is kept. */
export interface WireInstance {
  instanceId?: string | undefined;
  ip: string;
  port: number;
  weight: number;
  healthy: boolean;
  enabled: boolean;
  ephemeral: boolean;
  clusterName: string;
  serviceName: string;
  metadata: Record<string, string>;
  lastBeat: number;
  marked: boolean;
  app?: string;
}

/** What a Java member makes of an instance that came as JSON. */
export function readInstance(json: Partial<WireInstance>, serviceName: string): WireInstance {
  return {
    instanceId: json.instanceId,
    ip: json.ip ?? "",
    port: json.port ?? 0,
    weight: json.weight ?? 1,
    healthy: json.healthy ?? true,
    enabled: json.enabled ?? true,
    ephemeral: json.ephemeral ?? true,
    clusterName: json.clusterName || "DEFAULT",
    serviceName: json.serviceName ?? serviceName,
    metadata: json.metadata ?? {},
    lastBeat: json.lastBeat ?? 0,
    marked: json.marked ?? false,
    ...(json.app !== undefined && { app: json.app }),
  };
}

/** As `core` knows it, for checksums. */
export function instanceOf(wire: WireInstance): Instance {
  const { ip, port, weight, healthy, enabled, ephemeral, clusterName, metadata, marked } = wire;
  return {
    instanceId: wire.instanceId ?? null,
    ip,
    port,
    weight,
    healthy,
    enabled,
    ephemeral,
    clusterName,
    metadata,
    app: wire.app ?? null,
    marked,
    version: 0,
  };
}
