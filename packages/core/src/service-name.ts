const GROUP_CONNECTOR = "@@";

/** The group of a service whose name carries none. */
export const DEFAULT_GROUP = "DEFAULT_GROUP";

/** The cluster of an instance that names none. */
export const DEFAULT_CLUSTER = "DEFAULT";

/** The namespace of a request that names none. */
export const DEFAULT_NAMESPACE = "public";

/** `group@@name`, unless `serviceName` carries a group already (`http-api.md` 1.4). */
export function groupedName(serviceName: string, groupName: string): string {
  return serviceName.includes(GROUP_CONNECTOR)
    ? serviceName
    : `${groupName}${GROUP_CONNECTOR}${serviceName}`;
}

/** The bare name in a grouped one: the second part, so `b` of `a@@b@@c`, as Nacos splits it. */
export function bareNameOf(grouped: string): string {
  const start = grouped.indexOf(GROUP_CONNECTOR);
  if (start < 0) return grouped;
  const from = start + GROUP_CONNECTOR.length;
  const end = grouped.indexOf(GROUP_CONNECTOR, from);
  return end < 0 ? grouped.slice(from) : grouped.slice(from, end);
}

/** The group in a grouped name; {@link DEFAULT_GROUP} when the name has none. */
export function groupNameOf(grouped: string): string {
  const at = grouped.indexOf(GROUP_CONNECTOR);
  return at < 0 ? DEFAULT_GROUP : grouped.slice(0, at);
}

/** Whether a name has both parts, `group@@name`; trailing empty parts do not count. */
export function isGroupedName(name: string): boolean {
  const at = name.indexOf(GROUP_CONNECTOR);
  if (at < 0) return false;
  const next = name[at + GROUP_CONNECTOR.length];
  if (next !== "@") return next !== undefined;
  return name.slice(at).replaceAll(GROUP_CONNECTOR, "") !== "";
}

/** Whether a grouped name is made of the characters that Nacos allows (`http-api.md` 4.1). */
export function isLegalServiceName(grouped: string): boolean {
  return /^[0-9a-zA-Z@.:_-]+$/.test(grouped);
}

/** Whether a cluster name is made of the characters that Nacos allows (`http-api.md` 4.2). */
export function isLegalClusterName(clusterName: string): boolean {
  return /^[0-9a-zA-Z-]+$/.test(clusterName);
}
