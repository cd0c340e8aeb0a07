import {
  type Instance,
  type InstanceChange,
  instanceKey,
  isSameInstance,
  javaDouble,
  type Metadata,
  NacreError,
  noMetadata,
} from "@nacre/core";
import type { InstanceAddress, InstancePatch } from "./service-request.ts";

/** What a registration says of an instance; the rest is decided here. */
export type InstanceSpec = Omit<Instance, "instanceId" | "marked" | "version">;

/**
 * The instance that stands after a registration (`http-api.md` 2.1.1): a new one gets its id and
 * starts as it says, one that replaces another keeps the id and the health of that.
 */
export function registeredInstance(
  spec: InstanceSpec,
  before: Instance | undefined,
  service: { readonly name: string; readonly instances: readonly Instance[] },
): Instance {
  // Spelled out, so that all instances have one shape and the engine knows it.
  return {
    instanceId: before === undefined ? newInstanceId(spec, service) : before.instanceId,
    ip: spec.ip,
    port: spec.port,
    weight: clampedWeight(spec.weight),
    healthy: before === undefined ? spec.healthy : before.healthy,
    enabled: spec.enabled,
    ephemeral: spec.ephemeral,
    clusterName: spec.clusterName,
    metadata: spec.metadata,
    app: spec.app,
    marked: before === undefined ? false : before.marked,
    version: before === undefined ? 0 : before.version,
  };
}

/** What is removed where nothing is known of it but its address. */
export function goner({ ip, port, clusterName }: InstanceAddress): Instance {
  const said = { healthy: true, enabled: true, ephemeral: true, metadata: null, app: null };
  const address = { ip, port, clusterName };
  return { instanceId: null, ...address, weight: 1, ...said, marked: false, version: 0 };
}

/**
 * The instance that stands after a patch.
 *
 * @throws {@link NacreError} as {@link checkInstance} does.
 */
export function patchedInstance(before: Instance, patch: InstancePatch): Instance {
  const after = { ...before, ...patch };
  checkInstance(after);
  return { ...after, weight: clampedWeight(after.weight) };
}

/** What becomes of keys of metadata; `null` takes the key away. */
export type MetadataChange = Readonly<Record<string, string | null>>;

/** Metadata with the keys of `update` added or replaced. */
export function mergedMetadata(metadata: Metadata | null, update: MetadataChange): Metadata {
  const entries = [...Object.entries(metadata ?? noMetadata), ...Object.entries(update)];
  const isGone = (key: string): boolean => Object.hasOwn(update, key) && update[key] === null;
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => !isGone(entry[0])),
  );
}

/** Metadata without the keys of `removal`; its values do not matter. */
export function strippedMetadata(metadata: Metadata | null, removal: MetadataChange): Metadata {
  return Object.fromEntries(
    Object.entries(metadata ?? noMetadata).filter(([key]) => !Object.hasOwn(removal, key)),
  );
}

/** Whether an update that names no cluster means this instance; a port of 0 means any. */
export function isMeant({ ip, port, ephemeral }: Instance, spec: InstanceSpec): boolean {
  const isPort = spec.port === 0 || port === spec.port;
  return ip === spec.ip && isPort && ephemeral === spec.ephemeral;
}

/** Without those that change nothing anybody could see. */
export function realChanges(changes: readonly InstanceChange[]): readonly InstanceChange[] {
  return changes.filter(
    ({ before, after }) =>
      before === undefined || after === undefined || !isSameInstance(before, after),
  );
}

/**
 * Checks what Nacos checks of an instance that a client registers, updates or patches
 * (`http-api.md` 4.3, 4.4).
 *
 * @throws {@link NacreError} `INVALID_PARAM` for a dotted number that is no IPv4 address;
 * `INVALID_INSTANCE` for a weight below 0 or above 10,000.
 */
export function checkInstance({
  ip,
  weight,
}: {
  readonly ip: string;
  readonly weight: number;
}): void {
  if (/^[\d.]+$/.test(ip) && !isJavaIpv4(ip)) {
    throw new NacreError("INVALID_PARAM", `The IPv4 address("${ip}") is incorrect.`);
  }
  if (weight < 0 || weight > WEIGHT_MAX) {
    throw new NacreError(
      "INVALID_INSTANCE",
      "instance format invalid: The weights range from 0.0 to 10000.0",
    );
  }
}

const WEIGHT_MAX = 10_000;
const WEIGHT_MIN = 0.01;

// Java reads 1 to 4 decimal parts; the last one fills the bytes that are left. It reads no more
// than the longest usual address has characters.
function isJavaIpv4(text: string): boolean {
  if (text.length > "255.255.255.255".length) return false;
  const parts = text.split(".");
  if (parts.length > 4 || parts.some((part) => part === "")) return false;
  const lastMax = 256 ** (5 - parts.length) - 1;
  return parts.every((part, index) => Number(part) <= (index < parts.length - 1 ? 255 : lastMax));
}

function clampedWeight(weight: number): number {
  if (weight > WEIGHT_MAX) return WEIGHT_MAX;
  return weight > 0 && weight < WEIGHT_MIN ? WEIGHT_MIN : weight;
}

const GENERATOR = "preserved.instance.id.generator";

function newInstanceId(
  spec: InstanceSpec,
  { name, instances }: { readonly name: string; readonly instances: readonly Instance[] },
): string {
  const { ip, port, clusterName, metadata } = spec;
  const generator =
    metadata !== null && Object.hasOwn(metadata, GENERATOR) ? metadata[GENERATOR] : "";
  if (generator?.toLowerCase() !== "snowflake") return `${ip}#${port}#${clusterName}#${name}`;
  // What Nacos calls snowflake is the smallest number not in use.
  const used = new Set(instances.map(({ instanceId }) => instanceId));
  let number = 0;
  while (used.has(String(number))) number++;
  return String(number);
}

/** How Nacos prints an instance: `1.1.1.9:80:unknown:DEFAULT_1.0_true_false_DEFAULT`. */
export function describeInstance({ ip, port, clusterName, ...spec }: InstanceSpec): string {
  const key = instanceKey(ip, port, clusterName);
  return `${key}_${javaDouble(spec.weight)}_${spec.healthy}_false_${clusterName}`;
}
