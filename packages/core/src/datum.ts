import type { Instance } from "./instance.ts";

declare const brand: unique symbol;

/** Names a datum: `com.alibaba.nacos.naming.iplist.ephemeral.<namespace>##<group>@@<service>`. */
export type DatumKey = string & { readonly [brand]: "DatumKey" };

/** The unit of replication: every ephemeral instance of one service, replaced as a whole. */
export interface Datum {
  readonly key: DatumKey;
  readonly instances: readonly Instance[];
}

/** The service that a key belongs to. */
export interface KeyedService {
  readonly namespaceId: string;

  /** `<group>@@<service>`; whether it is a legal name is for others to say. */
  readonly groupedServiceName: string;
}

const PREFIX = "com.alibaba.nacos.naming.iplist.ephemeral.";
const DEFINITION_PREFIX = "com.alibaba.nacos.naming.domains.meta.";
const NAMESPACE_CONNECTOR = "##";

/** The longest key that is taken from a peer, in characters. */
const KEY_LENGTH_MAX = 4_096;

/** Names the datum that holds the ephemeral instances of a service (`distro.md` 1.2). */
export function datumKey(namespaceId: string, groupedServiceName: string): DatumKey {
  return `${PREFIX}${namespaceId}${NAMESPACE_CONNECTOR}${groupedServiceName}` as DatumKey;
}

/**
 * Whether a text that came from outside names a datum: it has the form of one, no part of it is empty,
 * and it is at most 4,096 characters long. A peer may send anything; what fails here is skipped.
 */
export function isDatumKey(text: string): text is DatumKey {
  return parsedKey(text, PREFIX) !== undefined;
}

/**
 * The namespace and the `<group>@@<service>` part that a key was made from. Never throws: without a
 * connector all is namespace, and the service has no name.
 */
export function parseDatumKey(key: DatumKey): KeyedService {
  return splitKey(key.slice(PREFIX.length));
}

/**
 * Names the datum that holds the definition of a service, one of the kind that only Nacre members
 * exchange. It is the key under which Nacos keeps it in its raft (`distro.md` 1.2).
 */
export function definitionKey(namespaceId: string, groupedServiceName: string): string {
  return `${DEFINITION_PREFIX}${namespaceId}${NAMESPACE_CONNECTOR}${groupedServiceName}`;
}

/** The service whose definition a key names; `undefined` for a key of another kind. */
export function parseDefinitionKey(key: string): KeyedService | undefined {
  return parsedKey(key, DEFINITION_PREFIX);
}

function parsedKey(text: string, prefix: string): KeyedService | undefined {
  if (text.length > KEY_LENGTH_MAX || !text.startsWith(prefix)) return undefined;
  const parsed = splitKey(text.slice(prefix.length));
  return parsed.namespaceId === "" || parsed.groupedServiceName === "" ? undefined : parsed;
}

function splitKey(text: string): KeyedService {
  // A service name cannot hold `#`, a namespace may: the last connector is the real one.
  const at = text.lastIndexOf(NAMESPACE_CONNECTOR);
  if (at < 0) return { namespaceId: text, groupedServiceName: "" };
  return {
    namespaceId: text.slice(0, at),
    groupedServiceName: text.slice(at + NAMESPACE_CONNECTOR.length),
  };
}
