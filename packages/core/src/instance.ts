import type { Version } from "./versions.ts";

/** What a client says about an instance besides its address: text to text, both arbitrary. */
export type Metadata = Readonly<Record<string, string>>;

/** The metadata of an instance that has none. */
export const noMetadata: Metadata = Object.freeze({});

/**
 * One address of a service, as the registry holds it. A value: it is replaced, never edited.
 *
 * When its last beat came is not part of it, since that changes every few seconds; it belongs to
 * whoever watches beats.
 */
export interface Instance {
  /** `null` only in data of peers that sent none. */
  readonly instanceId: string | null;

  /** An IPv4 or IPv6 address or a host name; not checked beyond dotted numbers. */
  readonly ip: string;

  /** Any 32-bit integer, as in Nacos. */
  readonly port: number;

  /** 0 to 10,000 from clients; `NaN` slips through, as in Nacos. */
  readonly weight: number;

  /** Beats arrive. */
  readonly healthy: boolean;

  /** An operator allows traffic. */
  readonly enabled: boolean;

  /** Lives on beats. `false`: persistent. */
  readonly ephemeral: boolean;

  readonly clusterName: string;

  /** `null` when registered with the literal `null`, or made from a beat without metadata. */
  readonly metadata: Metadata | null;

  /** Name of the application; `null` when made from a beat. */
  readonly app: string | null;

  /** Exempt from beat checks. No API of 1.4.1 sets it; it arrives only with data of peers. */
  readonly marked: boolean;

  /** Orders the writes of this instance; given by the consistency service. It is not shown. */
  readonly version: Version;
}

/** Names an instance within a service: `ip:port:unknown:cluster` (`distro.md` 7.4). */
export type InstanceKey = string;

/**
 * The key under which an instance replaces another of its service. The port is left out when it is
 * 0 or negative; `unknown` is the constant site name of Nacos.
 */
export function instanceKey(ip: string, port: number, clusterName: string): InstanceKey {
  return port > 0 ? `${ip}:${port}:unknown:${clusterName}` : `${ip}:unknown:${clusterName}`;
}

/** {@link instanceKey} of an instance. */
export function instanceKeyOf({ ip, port, clusterName }: Instance): InstanceKey {
  return instanceKey(ip, port, clusterName);
}

/** When an instance counts as unhealthy or gone, in milliseconds. */
export interface BeatTimings {
  /** How often the client is asked to beat. */
  readonly intervalMs: number;

  /** Without a beat for longer than this it is unhealthy. */
  readonly timeoutMs: number;

  /** Without a beat for longer than this it is removed. */
  readonly deleteTimeoutMs: number;
}

/** The timings of an instance whose metadata asks for none. */
export const defaultBeatTimings: BeatTimings = {
  intervalMs: 5_000,
  timeoutMs: 15_000,
  deleteTimeoutMs: 30_000,
};

/**
 * The timings that the `preserved.*` metadata asks for; each that is missing, or is not made of
 * digits alone, is the default (`http-api.md` 4.5).
 */
export function beatTimingsOf(metadata: Metadata | null): BeatTimings {
  if (metadata === null || metadata === noMetadata) return defaultBeatTimings;
  const intervalMs = digits(metadata, "preserved.heart.beat.interval");
  const timeoutMs = digits(metadata, "preserved.heart.beat.timeout");
  const deleteTimeoutMs = digits(metadata, "preserved.ip.delete.timeout");
  if (intervalMs === undefined && timeoutMs === undefined && deleteTimeoutMs === undefined) {
    return defaultBeatTimings;
  }
  return {
    intervalMs: intervalMs ?? defaultBeatTimings.intervalMs,
    timeoutMs: timeoutMs ?? defaultBeatTimings.timeoutMs,
    deleteTimeoutMs: deleteTimeoutMs ?? defaultBeatTimings.deleteTimeoutMs,
  };
}

function digits(metadata: Metadata, key: string): number | undefined {
  if (!Object.hasOwn(metadata, key)) return undefined;
  const text = metadata[key] ?? "";
  return /^\d+$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : undefined;
}
