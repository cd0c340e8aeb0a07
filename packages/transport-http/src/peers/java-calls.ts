import { type DatumKey, type HandOver, javaDouble, parseDatumKey } from "@nacre/core";

/** Below the context path: the health of a service's instances (`distro.md` 7.6). */
export function statusesPath(key: DatumKey): string {
  const { namespaceId, groupedServiceName } = parseDatumKey(key);
  return pathOf("/v1/ns/instance/statuses", { key: `${namespaceId}##${groupedServiceName}` });
}

/**
 * Below the context path: a client's write with all its parameters in the query, as members pass it on
 * (`distro.md` 2.6).
 */
export function handOverPath({ key, instance, kind }: HandOver): string {
  const { namespaceId, groupedServiceName: serviceName } = parseDatumKey(key);
  const { ip, port, clusterName } = instance;
  const address = { namespaceId, serviceName, ip, port: String(port), clusterName };
  const meant = { ...address, ephemeral: String(instance.ephemeral) };
  if (kind === "deregister") return pathOf("/v1/ns/instance", meant);
  return pathOf("/v1/ns/instance", {
    ...meant,
    weight: javaDouble(instance.weight),
    healthy: String(instance.healthy),
    enabled: String(instance.enabled),
    ...(instance.metadata === null ? {} : { metadata: JSON.stringify(instance.metadata) }),
    ...(instance.app === null ? {} : { app: instance.app }),
  });
}

// Java adds the last two to each call.
function pathOf(path: string, params: Readonly<Record<string, string>>): string {
  const all = { ...params, encoding: "UTF-8", nofix: "1" };
  const query = Object.entries(all).map(([name, value]) => `${name}=${escaped(value)}`);
  return `${path}?${query.join("&")}`;
}

// Half of a pair of UTF-16 units has no escape.
function escaped(value: string): string {
  return encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}
