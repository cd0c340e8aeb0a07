import {
  beatTimingsOf,
  type DatumCopy,
  type Instance,
  type InstanceCopy,
  javaDouble,
  type Metadata,
  type Millis,
  parseDatumKey,
} from "@nacre/core";
import { asciiJson, quoted } from "./quoted.ts";

/** How {@link encodeData} writes. */
export interface EncodeDataOptions {
  /** The wall clock: `lastBeat` travels as an instant. */
  readonly epochMs: Millis;

  /** Whether everything beyond ASCII is escaped, as in answers (`distro.md` 1.6). */
  readonly ascii?: boolean;
}

/**
 * Data as Java members exchange them: a JSON object, key → datum, its fields in the order in which
 * Jackson writes them (`distro.md` 1.3, 1.6). Versions and what is gone do not travel.
 *
 * The text of an instance is kept, but for its last beat.
 */
export function encodeData(data: Iterable<DatumCopy>, options: EncodeDataOptions): string {
  const { epochMs, ascii = false } = options;
  const texts: string[] = [];
  for (const { key, instances } of data) {
    const name = quoted(key);
    const serviceName = parseDatumKey(key).groupedServiceName;
    const list = instances.map((copy) => instanceText(copy, serviceName, epochMs)).join(",");
    const datum = `${name}:{"key":${name},"value":{"instanceList":[${list}]},"timestamp":1}`;
    texts.push(ascii ? asciiJson(datum) : datum);
  }
  return `{${texts.join(",")}}`;
}

interface InstanceText {
  readonly serviceName: string;

  /** Up to the number of `lastBeat`. */
  readonly head: string;
  readonly tail: string;
}

const kept = new WeakMap<Instance, InstanceText>();

function instanceText(
  { instance, silenceMs }: InstanceCopy,
  serviceName: string,
  epochMs: Millis,
): string {
  let text = kept.get(instance);
  if (text === undefined || text.serviceName !== serviceName) {
    text = { serviceName, head: headOf(instance, serviceName), tail: tailOf(instance) };
    kept.set(instance, text);
  }
  // Nobody heard of it: for Java that is an instance that has just come into being.
  return `${text.head}${Math.round(epochMs - (silenceMs ?? 0))}${text.tail}`;
}

// Joined, and not added up: what is added up is a tree of its parts for as long as it is kept.
function headOf(instance: Instance, serviceName: string): string {
  const { instanceId, ip, port, weight, healthy, enabled, ephemeral, clusterName } = instance;
  const id = instanceId === null ? [] : [`"instanceId":${quoted(instanceId)}`];
  const { metadata } = instance;
  const fields = [
    ...id,
    `"ip":${quoted(ip)},"port":${port},"weight":${weightText(weight)},"healthy":${healthy}`,
    `"enabled":${enabled},"ephemeral":${ephemeral},"clusterName":${quoted(clusterName)}`,
    `"serviceName":${quoted(serviceName)}`,
    ...(metadata === null ? [] : [`"metadata":${JSON.stringify(metadata)}`]),
    '"lastBeat":',
  ];
  return ["{", fields.join(",")].join("");
}

function tailOf({ marked, app, metadata }: Instance): string {
  const { intervalMs, timeoutMs, deleteTimeoutMs } = beatTimingsOf(metadata);
  return [
    `,"marked":${marked}`,
    ...(app === null ? [] : [`"app":${quoted(app)}`]),
    ...generatorFields(metadata),
    `"instanceHeartBeatInterval":${intervalMs},"instanceHeartBeatTimeOut":${timeoutMs}`,
    `"ipDeleteTimeout":${deleteTimeoutMs}}`,
  ].join(",");
}

// Jackson puts what is no JSON number in quotes.
function weightText(weight: number): string {
  return Number.isFinite(weight) ? javaDouble(weight) : `"${weight}"`;
}

const GENERATOR = "preserved.instance.id.generator";

// A default that counts only where there are no metadata at all.
function generatorFields(metadata: Metadata | null): readonly string[] {
  if (metadata === null || Object.keys(metadata).length === 0) {
    return ['"instanceIdGenerator":"simple"'];
  }
  const given = Object.hasOwn(metadata, GENERATOR) ? metadata[GENERATOR] : undefined;
  return given === undefined ? [] : [`"instanceIdGenerator":${quoted(given)}`];
}
