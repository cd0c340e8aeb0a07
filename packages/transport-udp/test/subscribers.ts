import type { Subscriber } from "@nacre/naming";

/** A subscriber at `10.0.0.1:5001`, if not told otherwise. */
export function subscriberOf(changes: Partial<Subscriber> = {}): Subscriber {
  const { address = "10.0.0.1", udpPort = 5_001, clusters = "" } = changes;
  return {
    namespaceId: "public",
    serviceName: "DEFAULT_GROUP@@orders",
    clusters,
    agent: "Nacos-Java-Client:v1.4.1",
    groupedNames: true,
    address,
    udpPort,
    declaredIp: "192.0.2.1",
    app: "unknown",
    id: `${address} ${udpPort} ${clusters}`,
    renewedAtMs: 0,
    ...changes,
  };
}
