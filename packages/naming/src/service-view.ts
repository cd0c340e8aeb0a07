import { type Instance, javaDouble, javaFloat, javaHashOrder } from "@nacre/core";
import type { Service } from "./service.ts";

/** What a client asked for, as far as the answer depends on it. */
export interface ViewQuery {
  /** Cluster names, comma-separated and not trimmed; empty: all. Echoed as given. */
  readonly clusters: string;

  /** Leave unhealthy instances out. */
  readonly healthyOnly: boolean;

  /** Echoed. */
  readonly env: string;

  /** How long the client may keep the answer. */
  readonly cacheMillis: number;

  /** Whether `dom` and the hosts' `serviceName` are grouped names; Java clients want it so. */
  readonly groupedNames: boolean;
}

/**
 * The answer to `GET /instance/list` but for its `lastRefTime`, which stands between `head` and
 * `tail` (`http-api.md` 2.1.6). It is made once per change and question, and served from then on.
 */
export interface ServiceView {
  readonly head: string;
  readonly tail: string;

  /** The length of `head` and `tail` in UTF-8. */
  readonly byteLength: number;

  /** Whether a candidate was found; `isCheck=true` asks only that. */
  readonly hasCandidates: boolean;
}

const VIEWS_MAX = 32;
const KEY_LENGTH_MAX = 1_024;

/** The view of a service, from its cache when nothing has changed since it was last asked for. */
export function viewOf(service: Service, query: ViewQuery): ServiceView {
  const { groupedNames, healthyOnly, cacheMillis, clusters, env } = query;
  const key = `${groupedNames ? 1 : 0}${healthyOnly ? 1 : 0}${cacheMillis},${env.length},${env}${clusters}`;
  const known = service.views.get(key);
  if (known !== undefined) return known;
  const view = buildView(service, query);
  // Somebody who asks for ever new clusters, or for very many, must not fill the memory.
  if (key.length > KEY_LENGTH_MAX) return view;
  if (service.views.size >= VIEWS_MAX) service.views.clear();
  service.views.set(key, view);
  return view;
}

/** The answer for a service that does not exist. */
export function unknownServiceText(name: string, query: ViewQuery): string {
  const { clusters, cacheMillis } = query;
  return (
    `{"name":${JSON.stringify(name)},"clusters":${JSON.stringify(clusters)},` +
    `"cacheMillis":${cacheMillis},"hosts":[]}`
  );
}

function buildView(service: Service, query: ViewQuery): ServiceView {
  const candidates = candidatesOf(service, query.clusters);
  const dom = JSON.stringify(query.groupedNames ? service.name : service.bareName);
  const hosts = `"hosts":[${hostsOf(service, query, candidates, dom).join(",")}]`;
  const hasCandidates = candidates.length > 0;
  // With candidates the hosts come first, without them last but one: so it is in Nacos.
  const head =
    `{${hasCandidates ? `${hosts},` : ""}"dom":${dom},"name":${JSON.stringify(service.name)},` +
    `"cacheMillis":${query.cacheMillis},"lastRefTime":`;
  const tail =
    `,"checksum":"${service.checksum}","useSpecifiedURL":false,` +
    `"clusters":${JSON.stringify(query.clusters)},"env":${JSON.stringify(query.env)},` +
    `${hasCandidates ? "" : `${hosts},`}"metadata":${JSON.stringify(service.definition.metadata)}}`;
  const byteLength = Buffer.byteLength(head) + Buffer.byteLength(tail);
  return { head, tail, byteLength, hasCandidates };
}

function candidatesOf(service: Service, clusters: string): readonly Instance[] {
  const asked = clusters.split(",");
  // Java drops trailing empty names, so only commas mean all clusters, as does nothing.
  while (asked.length > 0 && asked.at(-1) === "") asked.pop();
  const names =
    asked.length > 0
      ? asked
      : javaHashOrder(service.clusters, ({ name }) => name).map(({ name }) => name);
  const instances = byCluster(service);
  const listed = new Map<string, number>();
  return names.flatMap((name) => {
    const times = (listed.get(name) ?? 0) + 1;
    listed.set(name, times);
    return times > REPEATS_MAX ? [] : javaHashOrder(instances.get(name) ?? [], ({ ip }) => ip);
  });
}

// Nacos lists a cluster as often as it is named. So do we, but not so often that one short request
// could ask for more text than the memory holds.
const REPEATS_MAX = 2;

function byCluster({ instances }: Service): ReadonlyMap<string, readonly Instance[]> {
  const clusters = new Map<string, Instance[]>();
  for (const instance of instances) {
    const known = clusters.get(instance.clusterName);
    if (known === undefined) clusters.set(instance.clusterName, [instance]);
    else known.push(instance);
  }
  return clusters;
}

function hostsOf(
  service: Service,
  { healthyOnly }: ViewQuery,
  candidates: readonly Instance[],
  dom: string,
): readonly string[] {
  const healthy = candidates.filter((instance) => instance.healthy);
  const unhealthy = candidates.filter((instance) => !instance.healthy);
  const { protectThreshold } = service.definition;
  const isProtected =
    Math.fround(healthy.length / candidates.length) <= Math.fround(protectThreshold);
  const shown = isProtected
    ? [...healthy, ...unhealthy]
    : [...(healthyOnly ? [] : unhealthy), ...healthy];
  return shown
    .filter(({ enabled }) => enabled)
    .map((instance) => hostText(instance, isProtected || instance.healthy, dom));
}

function hostText(instance: Instance, healthy: boolean, serviceName: string): string {
  const { ip, port, instanceId, metadata, weight, clusterName, enabled, marked } = instance;
  return (
    `{"ip":${JSON.stringify(ip)},"port":${port},"valid":${healthy},"healthy":${healthy},` +
    `"marked":${marked},"instanceId":${JSON.stringify(instanceId)},` +
    `"metadata":${JSON.stringify(metadata)},"enabled":${enabled},"weight":${numberText(weight)},` +
    `"clusterName":${JSON.stringify(clusterName)},"serviceName":${serviceName},` +
    `"ephemeral":${instance.ephemeral}}`
  );
}

/** A number as Jackson writes a Java double: with a fraction; `NaN` and infinities as text. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? javaDouble(value) : `"${value}"`;
}

/** A 32-bit float as Jackson writes it. */
export function floatText(value: number): string {
  return Number.isFinite(value) ? javaFloat(value) : `"${value}"`;
}
