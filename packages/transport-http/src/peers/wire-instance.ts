import {
  type Instance,
  type InstanceCopy,
  isLegalClusterName,
  isVersion,
  type Metadata,
  type Millis,
  noMetadata,
} from "@nacre/core";
import { isTexts } from "../flat-json.ts";
import { quoted } from "./quoted.ts";

/**
 * An instance on its way to a Nacre peer, a list of ten:
 * `[instanceId, ip, port, weight, flags, clusterName, metadata, app, version, silenceMs]`. `flags` adds
 * 1 when healthy, 2 when enabled, 4 when ephemeral, 8 when marked. A weight that is no JSON number is a
 * text. What is `null` here is `null` or absent there.
 */
export function instanceText({ instance, silenceMs }: InstanceCopy): string {
  let head = heads.get(instance);
  if (head === undefined) heads.set(instance, (head = headOf(instance)));
  return `${head}${silenceMs === undefined ? "null" : Math.max(0, Math.round(silenceMs))}]`;
}

// Kept per instance: its silence, which is all that changes, comes last.
const heads = new WeakMap<Instance, string>();

// Joined, and not added up: what is added up is a tree of its parts for as long as it is kept.
function headOf(instance: Instance): string {
  const { instanceId, ip, port, weight, clusterName, metadata, app, version } = instance;
  return [
    `[${nullable(instanceId)}`,
    quoted(ip),
    port,
    weightText(weight),
    flagsOf(instance),
    quoted(clusterName),
    metadata === noMetadata ? "{}" : JSON.stringify(metadata),
    nullable(app),
    version,
    "",
  ].join(",");
}

function nullable(text: string | null): string {
  return text === null ? "null" : quoted(text);
}

function weightText(weight: number): string {
  if (!Number.isFinite(weight)) return `"${weight}"`;
  return Object.is(weight, -0) ? "-0" : String(weight);
}

const HEALTHY = 1;
const ENABLED = 2;
const EPHEMERAL = 4;
const MARKED = 8;

function flagsOf({ healthy, enabled, ephemeral, marked }: Instance): number {
  return (
    (healthy ? HEALTHY : 0) +
    (enabled ? ENABLED : 0) +
    (ephemeral ? EPHEMERAL : 0) +
    (marked ? MARKED : 0)
  );
}

/** What {@link instanceText} wrote; `undefined` for anything else. */
export function instanceOf(value: unknown): InstanceCopy | undefined {
  if (!Array.isArray(value)) return undefined;
  // By places: to unpack a list costs more than to read it, and there may be 100,000.
  const fields = value as readonly unknown[];
  const instanceId = fields[0];
  const ip = fields[1];
  const port = fields[2];
  const weight = weightOf(fields[3]);
  const flags = fields[4];
  const clusterName = fields[5];
  const metadata = metadataOf(fields[6]);
  const app = fields[7];
  const version = fields[8];
  const silenceMs = silenceOf(fields[9]);
  if (!isNullable(instanceId) || !isNullable(app)) return undefined;
  // A blank address too: what a client may register at one member, all must hold.
  if (typeof ip !== "string" || !isPort(port) || weight === undefined) return undefined;
  if (!isFlags(flags) || typeof clusterName !== "string") return undefined;
  if (!isLegalClusterName(clusterName) || !isVersion(version)) return undefined;
  if (metadata === undefined || silenceMs === "none") return undefined;
  const instance = {
    instanceId,
    ip,
    port,
    weight,
    healthy: (flags & HEALTHY) !== 0,
    enabled: (flags & ENABLED) !== 0,
    ephemeral: (flags & EPHEMERAL) !== 0,
    clusterName,
    metadata,
    app,
    marked: (flags & MARKED) !== 0,
    version,
  };
  return { instance, silenceMs };
}

function isNullable(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value;
}

function isFlags(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 16;
}

function weightOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? WEIGHTS.get(value) : undefined;
}

const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

function metadataOf(value: unknown): Metadata | null | undefined {
  if (value === null) return null;
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  const object = value as Readonly<Record<string, unknown>>;
  if (!isTexts(object)) return undefined;
  for (const _key in object) return object;
  return noMetadata;
}

function silenceOf(value: unknown): Millis | undefined | "none" {
  if (value === null) return undefined;
  return isSilence(value) ? value : "none";
}

/** Whether a value that came from outside says for how long nobody heard of something. */
export function isSilence(value: unknown): value is Millis {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
