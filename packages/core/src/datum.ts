import type { Instance } from "./instance.ts";

declare const brand: unique symbol;

/** Names a datum: `com.alibaba.nacos.naming.iplist.ephemeral.<namespace>##<group>@@<service>`. */
export type DatumKey = string & { readonly [brand]: "DatumKey" };

/** The unit of replication: every ephemeral instance of one service, replaced as a whole. */
export interface Datum {
  readonly key: DatumKey;
  readonly instances: readonly Instance[];
}

const PREFIX = "com.alibaba.nacos.naming.iplist.ephemeral.";
const NAMESPACE_CONNECTOR = "##";

/** Names the datum that holds the ephemeral instances of a service (`distro.md` 1.2). */
export function datumKey(namespaceId: string, groupedServiceName: string): DatumKey {
  return `${PREFIX}${namespaceId}${NAMESPACE_CONNECTOR}${groupedServiceName}` as DatumKey;
}

/** The namespace and the `<group>@@<service>` part that a key was made from. */
export function parseDatumKey(key: DatumKey): {
  readonly namespaceId: string;
  readonly groupedServiceName: string;
} {
  // A service name cannot hold `#`, a namespace may: the last connector is the real one.
  const at = key.lastIndexOf(NAMESPACE_CONNECTOR);
  return {
    namespaceId: key.slice(PREFIX.length, at),
    groupedServiceName: key.slice(at + NAMESPACE_CONNECTOR.length),
  };
}
