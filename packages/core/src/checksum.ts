import { hash } from "node:crypto";
import type { Cluster } from "./cluster.ts";
import type { HealthChecker } from "./health-checker.ts";
import type { Instance, Metadata } from "./instance.ts";
import { javaDouble, javaFloat, javaHashOrder } from "./java.ts";

/** What {@link serviceChecksum} is made from. */
export interface ChecksummedService {
  /** The grouped name. */
  readonly name: string;
  readonly protectThreshold: number;

  /** In the order they came into being. */
  readonly clusters: readonly Cluster[];

  /** Of all clusters, ephemeral and persistent, in any order. */
  readonly instances: readonly Instance[];
}

/**
 * Fingerprints what clients see of a service the way Nacos 1.4.1 does (`distro.md` 1.5,
 * `vectors.json` `serviceChecksum`). Peers written in Java compare it to learn of health changes;
 * clients get it with every list and do not look at it.
 *
 * @returns the MD5 of the canonical text, 32 lowercase hexadecimal digits
 */
export function serviceChecksum(service: ChecksummedService): string {
  const { name, protectThreshold, clusters, instances } = service;
  const unhealthyCount = instances.reduce((count, { healthy }) => count + (healthy ? 0 : 1), 0);
  const clusterTexts = javaHashOrder(clusters, (cluster) => cluster.name).map(describeCluster);
  const head =
    `{"invalidIPCount":${unhealthyCount},"name":${JSON.stringify(name)},` +
    `"ipCount":${instances.length},"owners":[],"protectThreshold":${describeThreshold(protectThreshold)},` +
    `"clusters":[${clusterTexts.join(",")}]}`;
  return md5(head + inJavaOrder(instances).map(describeInstance).join(""));
}

/**
 * Fingerprints a datum the way Nacos 1.4.1 does (`distro.md` 1.4, `vectors.json`
 * `instancesChecksum`). Peers written in Java compare it to learn which data differ. Costs a sort; keep
 * it until the datum changes.
 *
 * @param instances the ephemeral instances of one service, in any order
 * @returns the MD5 of the canonical text, 32 lowercase hexadecimal digits
 */
export function instancesChecksum(instances: readonly Instance[]): string {
  return md5(inJavaOrder(instances).map(describeFully).join(""));
}

function md5(text: string): string {
  return hash("md5", text);
}

// Jackson puts what is no JSON number in quotes.
function describeThreshold(threshold: number): string {
  return Number.isFinite(threshold) ? javaFloat(threshold) : `"${javaFloat(threshold)}"`;
}

function describeCluster({ name, healthChecker, defaultCheckPort, ...rest }: Cluster): string {
  return (
    `{"healthChecker":${describeChecker(healthChecker)},"defIPPort":${defaultCheckPort},` +
    `"defCkport":${defaultCheckPort},"name":${JSON.stringify(name)},` +
    `"useIPPort4Check":${rest.useInstancePortForCheck},"sitegroup":""}`
  );
}

// A checker loses its type on the way into the sum. The order of its fields is Java's, not ours.
function describeChecker(checker: HealthChecker): string {
  return JSON.stringify(checker, CHECKER_FIELDS);
}

const CHECKER_FIELDS = ["path", "headers", "expectedResponseCode", "user", "pwd", "cmd"];

function describeInstance({ ip, port, weight, healthy, clusterName }: Instance): string {
  return `${ip}:${port}_${javaDouble(weight)}_${healthy}_${clusterName},`;
}

// Unlike the text of a service checksum, this one knows of `enabled` and of the metadata.
function describeFully(instance: Instance): string {
  const { ip, port, weight, healthy, enabled, clusterName, metadata } = instance;
  const address = `${ip}:${port}_${javaDouble(weight)}`;
  return `${address}_${healthy}_${enabled}_${clusterName}_${describeMetadata(metadata)},`;
}

function describeMetadata(metadata: Metadata | null): string {
  if (metadata === null) return "";
  const keys = Object.keys(metadata).sort(compareCodeUnits);
  return keys.map((key) => `${key}:${metadata[key]},`).join("");
}

function inJavaOrder(instances: readonly Instance[]): readonly Instance[] {
  if (instances.length < 2) return instances;
  return instances
    .map((instance) => ({ instance, sortKey: sortKeyOf(instance) }))
    .sort((a, b) => compareCodeUnits(a.sortKey, b.sortKey))
    .map(({ instance }) => instance);
}

// Java sorts by `Instance.toString()`, whose fields and separators differ from the text hashed.
function sortKeyOf({ ip, port, weight, healthy, marked, clusterName }: Instance): string {
  const address = port > 0 ? `${ip}:${port}` : ip;
  return `${address}:unknown:${clusterName}_${javaDouble(weight)}_${healthy}_${marked}_${clusterName}`;
}

// Not `localeCompare`: Java compares UTF-16 code units, and so do `<` and `>` here.
function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
