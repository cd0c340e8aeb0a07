import {
  DEFAULT_CLUSTER,
  type Instance,
  type InstanceCopy,
  isLegalClusterName,
  type Metadata,
  type Millis,
  noMetadata,
} from "@nacre/core";
import {
  boundBoolean,
  boundDouble,
  boundInt,
  boundLong,
  boundObject,
  boundText,
} from "./jackson.ts";

/** Reads the instances of one datum as Jackson binds them, and checks them as a client's are. */
export class InstanceReader {
  /** How many instances were left out. */
  droppedCount = 0;

  readonly #epochMs: Millis;
  readonly #withTexts: (index: number) => unknown;

  /**
   * @param epochMs the wall clock: `lastBeat` is an instant
   * @param withTexts the instance at a place in the list once more, each number as the text that
   *   stands there
   */
  constructor(epochMs: Millis, withTexts: (index: number) => unknown) {
    this.#epochMs = epochMs;
    this.#withTexts = withTexts;
  }

  /**
   * The instance at a place in the list; `undefined` when nobody could use it: it is `null`, has no IP
   * address, or a cluster whose name is not allowed (`distro.md` 11, 17).
   *
   * @throws {@link NacreError} `UNREADABLE_PARAM` where Jackson fails.
   */
  read(value: unknown, index: number): InstanceCopy | undefined {
    if (value === null) return undefined;
    const fields = boundObject(value, "com.alibaba.nacos.naming.core.Instance");
    const instance = this.#instance(fields, index);
    const lastBeat =
      fields["lastBeat"] === undefined ? this.#epochMs : boundLong(fields["lastBeat"]);
    if (instance.ip === "" || !isLegalClusterName(instance.clusterName)) return undefined;
    // The clock of the sender may be ahead of ours.
    const silenceMs = lastBeat > 0 ? Math.max(0, this.#epochMs - lastBeat) : undefined;
    return { instance, silenceMs };
  }

  #instance(fields: Readonly<Record<string, unknown>>, index: number): Instance {
    // Spelled out, so that all instances have one shape and the engine knows it.
    return {
      instanceId: boundText(fields["instanceId"] ?? null),
      ip: boundText(fields["ip"] ?? null) ?? "",
      port: boundInt(fields["port"] ?? 0),
      weight: clamped(boundDouble(fields["weight"] === undefined ? 1 : fields["weight"])),
      healthy: trueUnless(fields["healthy"]),
      enabled: trueUnless(fields["enabled"]),
      ephemeral: trueUnless(fields["ephemeral"]),
      clusterName: boundText(fields["clusterName"] ?? null) || DEFAULT_CLUSTER,
      metadata: this.#metadata(fields["metadata"], index),
      app: boundText(fields["app"] ?? null),
      marked: boundBoolean(fields["marked"] ?? false),
      version: 0,
    };
  }

  #metadata(value: unknown, index: number): Metadata | null {
    if (value === null) return null;
    if (value === undefined) return noMetadata;
    const given = Object.entries(boundObject(value, "java.util.LinkedHashMap"));
    if (given.length === 0) return noMetadata;
    if (given.every(([, text]) => typeof text === "string")) return value as Metadata;
    const hasNumber = given.some(([, text]) => typeof text === "number");
    const entries = hasNumber ? this.#metadataTexts(index) : given;
    // A value of null is in Java's sum and not in its JSON, so members would never agree.
    return Object.fromEntries(
      entries
        .map(([key, text]) => [key, boundText(text)] as const)
        .filter((entry): entry is readonly [string, string] => entry[1] !== null),
    );
  }

  #metadataTexts(index: number): readonly (readonly [string, unknown])[] {
    const { metadata } = boundObject(this.#withTexts(index), "java.util.LinkedHashMap");
    return Object.entries(boundObject(metadata, "java.util.LinkedHashMap"));
  }
}

function trueUnless(value: unknown): boolean {
  return value === undefined || boundBoolean(value);
}

const WEIGHT_MAX = 10_000;
const WEIGHT_MIN = 0.01;

// As Java does when it applies a list; what is negative passes.
function clamped(weight: number): number {
  if (weight > WEIGHT_MAX) return WEIGHT_MAX;
  return weight > 0 && weight < WEIGHT_MIN ? WEIGHT_MIN : weight;
}
