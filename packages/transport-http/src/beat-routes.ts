import {
  DEFAULT_CLUSTER,
  javaTrim,
  type Metadata,
  NacreError,
  parseJavaDouble,
  parseJavaInt,
} from "@nacre/core";
import type { BeatSpec, InstanceAddress, Naming, ServiceRequest, Switches } from "@nacre/naming";
import { isTexts, parseJson, parseJsonOfTexts } from "./flat-json.ts";
import { jsonReply, type Reply } from "./reply.ts";
import { intOf, isTrue, type NacosRequest } from "./request.ts";
import { type Route, route } from "./route.ts";

/** What the beat endpoint works on. */
export interface BeatRoutesOptions {
  readonly naming: Naming;
  readonly switches: Switches;
}

/** `PUT /v1/ns/instance/beat`: signs of life (`http-api.md` 2.1.5). */
export function beatRoutes({ naming, switches }: BeatRoutesOptions): readonly Route[] {
  const unknown = jsonReply(`{"clientBeatInterval":${switches.clientBeatInterval},"code":20404}`);
  const accepted = acceptedReply(switches.clientBeatInterval, switches);
  const take = ({ about, address, spec }: BeatCall): Reply => {
    const { isKnown, intervalMs } = naming.beat(about, address, spec);
    if (!isKnown) return unknown;
    return intervalMs === undefined ? accepted : acceptedReply(intervalMs, switches);
  };
  return [
    route("PUT", "/v1/ns/instance/beat", (request) => take(readCall(request)), {
      isDistributed: true,
      // A sign of life changes nothing of an instance that is thought to live.
      answerAnywhere: (request) => {
        const call = readCall(request);
        const isAlive = naming.leaseOf(call.about, call.address)?.instance.healthy === true;
        return isAlive ? take(call) : undefined;
      },
    }),
  ];
}

interface BeatCall {
  readonly about: ServiceRequest;
  readonly address: InstanceAddress;
  readonly spec: BeatSpec | undefined;
}

// The parameters are read in the order in which Nacos complains of them.
function readCall(request: NacosRequest): BeatCall {
  const beat = readBeat(request.optional("beat", ""));
  const clusterName = beat?.cluster ?? request.optional("clusterName", DEFAULT_CLUSTER);
  const ip = request.optional("ip", "");
  const port = intOf(request.optional("port", "0"));
  const about = request.about(request.serviceName());
  const address = {
    ip: beat === undefined ? ip : (beat.spec.ip ?? ""),
    port: beat?.port ?? port,
    clusterName,
  };
  return { about, address, spec: beat?.spec };
}

function acceptedReply(intervalMs: number, { lightBeatEnabled }: Switches): Reply {
  return jsonReply(
    `{"clientBeatInterval":${intervalMs},"code":10200,"lightBeatEnabled":${lightBeatEnabled}}`,
  );
}

interface Beat {
  readonly spec: BeatSpec;
  readonly port: number;

  /** Without a blank one: then the request's parameter counts. */
  readonly cluster: string | undefined;
}

// Reads the `beat` parameter as Jackson would, which turns texts into numbers and numbers into texts.
function readBeat(text: string): Beat | undefined {
  if (text === "") return undefined;
  const json = parseBeatJson(text);
  if (json === null) return undefined;
  const cluster = textOf(json["cluster"]);
  const ephemeral = json["ephemeral"];
  return {
    port: portOf(json["port"]),
    cluster: cluster === null || javaTrim(cluster) === "" ? undefined : cluster,
    spec: {
      ip: textOf(json["ip"]),
      weight: weightOf(json["weight"]),
      // Absent means ephemeral; `null` is what a Java boolean makes of it.
      ephemeral: ephemeral === undefined ? true : booleanOf(ephemeral),
      metadata: metadataOf(json["metadata"], text),
    },
  };
}

function parseBeatJson(text: string): Readonly<Record<string, unknown>> | null {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw unreadableBeat(error);
  }
  if (json === null) return null;
  if (typeof json !== "object" || Array.isArray(json)) throw unreadableBeat(new Error("no object"));
  return json as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw unreadableBeat(new Error("a text is expected"));
}

function portOf(value: unknown): number {
  if (typeof value === "number" && Math.abs(value) < 2 ** 31) return Math.trunc(value);
  if (value === undefined || value === null || value === "") return 0;
  const port = typeof value === "string" ? parseJavaInt(javaTrim(value)) : undefined;
  if (port === undefined) throw unreadableBeat(new Error("a 32-bit integer is expected"));
  return port;
}

function weightOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === undefined || value === null || value === "") return 0;
  const weight = typeof value === "string" ? parseJavaDouble(value) : undefined;
  if (weight === undefined) throw unreadableBeat(new Error("a number is expected"));
  return weight;
}

function booleanOf(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === null || value === "") return false;
  if (typeof value === "number") return value !== 0;
  if (value === "false" || value === "False" || value === "FALSE") return false;
  if (typeof value === "string" && isTrue(value)) return true;
  throw unreadableBeat(new Error("true or false is expected"));
}

function metadataOf(value: unknown, beat: string): Metadata | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" || Array.isArray(value)) {
    throw unreadableBeat(new Error("an object is expected"));
  }
  const metadata = value as Readonly<Record<string, unknown>>;
  // Nearly always so, and then there is nothing to copy.
  if (isTexts(metadata)) return metadata;
  // Numbers stay as they are spelled, and so the beat has to be read once more.
  const spelled = parseJsonOfTexts(beat) as { readonly metadata: typeof metadata };
  const entries = Object.entries(spelled.metadata)
    .map(([key, member]) => [key, textOf(member)] as const)
    .filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(entries);
}

function unreadableBeat(cause: unknown): NacreError {
  return new NacreError(
    "UNREADABLE_PARAM",
    "errCode: 101, errMsg: Nacos deserialize for class [com.alibaba.nacos.naming.healthcheck.RsInfo] failed.  ",
    { cause },
  );
}
