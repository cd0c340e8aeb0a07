import {
  type Cluster,
  type HealthChecker,
  isLegalClusterName,
  type Metadata,
  NacreError,
  noMetadata,
} from "@nacre/core";
import { labelSelector, noSelector, type Selector } from "./selector.ts";

/** How many clusters a service has at most: any request may name a new one, and they stay. */
export const CLUSTERS_MAX = 1_000;

// Every member keeps it, and passes it on whole.
const TEXT_LENGTH_MAX = 262_144;

/** What an operator says about a service, apart from its instances. */
export interface ServiceDefinition {
  /**
   * When no more than this share of the candidates is healthy, clients are told that all are. A
   * 32-bit float; 0 by default, which means: when none is.
   */
  readonly protectThreshold: number;
  readonly metadata: Metadata;
  readonly selector: Selector;
}

/** The definition of a service that came into being with its first instance. */
export const defaultServiceDefinition: ServiceDefinition = {
  protectThreshold: 0,
  metadata: noMetadata,
  selector: noSelector,
};

/** A definition and the clusters that were set up with it: what members tell each other. */
export interface FullDefinition extends ServiceDefinition {
  readonly clusters: readonly Cluster[];
}

/**
 * The text under which members exchange a definition. {@link parseDefinition} reads it.
 *
 * @throws {@link NacreError} `LIMIT_REACHED` when it has more than 262,144 characters.
 */
export function formatDefinition(definition: FullDefinition): string {
  const { protectThreshold, metadata, selector, clusters } = definition;
  const fields = { protectThreshold, metadata, selector, clusters };
  const text = JSON.stringify(fields, (_name, value: unknown) => {
    return typeof value === "number" ? numberForJson(value) : value;
  });
  if (text.length > TEXT_LENGTH_MAX) {
    const message = `a definition has ${TEXT_LENGTH_MAX} characters at most, this one ${text.length}`;
    throw new NacreError("LIMIT_REACHED", message);
  }
  return text;
}

/**
 * Reads a definition. It may come from a peer, so nothing is taken for granted.
 *
 * @returns `undefined` for what is no definition: no JSON, a field that is missing or of the wrong
 * type, an illegal name of a cluster, more than 1,000 clusters, more than 262,144 characters.
 */
export function parseDefinition(text: string): FullDefinition | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  try {
    const fields = fieldsOf(JSON.parse(text));
    const clusters = arrayOf(fields["clusters"]).map(clusterOf);
    if (clusters.length > CLUSTERS_MAX) return undefined;
    return {
      protectThreshold: numberOf(fields["protectThreshold"]),
      metadata: metadataOf(fields["metadata"]),
      selector: selectorOf(fields["selector"]),
      clusters,
    };
  } catch (error) {
    // No JSON; a field that is wrong; a label expression that is.
    if (error instanceof SyntaxError || error instanceof NacreError) return undefined;
    throw error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function clusterOf(value: unknown): Cluster {
  const fields = fieldsOf(value);
  const name = textOf(fields["name"]);
  if (!isLegalClusterName(name)) throw wrong("a name of a cluster");
  return {
    name,
    healthChecker: checkerOf(fields["healthChecker"]),
    defaultCheckPort: numberOf(fields["defaultCheckPort"]),
    useInstancePortForCheck: fields["useInstancePortForCheck"] === true,
    metadata: metadataOf(fields["metadata"]),
  };
}

function checkerOf(value: unknown): HealthChecker {
  const fields = fieldsOf(value);
  const { type } = fields;
  if (type === "TCP" || type === "NONE") return { type };
  if (type === "HTTP") {
    return {
      type,
      path: textOf(fields["path"]),
      headers: textOf(fields["headers"]),
      expectedResponseCode: numberOf(fields["expectedResponseCode"]),
    };
  }
  if (type !== "MYSQL") throw wrong("a type of checker");
  const given = ["user", "pwd", "cmd"].filter((name) => fields[name] !== undefined);
  return { type, ...Object.fromEntries(given.map((name) => [name, textOf(fields[name])])) };
}

function selectorOf(value: unknown): Selector {
  const { type, expression } = fieldsOf(value);
  if (type === "none") return noSelector;
  if (type === "label") return labelSelector(textOf(expression));
  throw wrong("a type of selector");
}

function metadataOf(value: unknown): Metadata {
  const fields = fieldsOf(value);
  if (!isMetadata(fields)) throw wrong("metadata");
  return fields;
}

function isMetadata(fields: Fields): fields is Metadata {
  return Object.values(fields).every((text) => typeof text === "string");
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("an object");
  return value as Fields;
}

function arrayOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong("a list");
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw wrong("a text");
  return value;
}

// What JSON cannot spell as a number is kept as a text.
const UNUSUAL: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

function numberForJson(value: number): number | string {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
}

function numberOf(value: unknown): number {
  const number = typeof value === "number" ? value : UNUSUAL.get(value);
  if (number === undefined) throw wrong("a number");
  return number;
}

function wrong(what: string): NacreError {
  return new NacreError("INVALID_PARAM", `the definition of a service holds no ${what}`);
}
