import { fetchMember } from "./fetch-member.ts";
import type { ListedInstance } from "./instance-differences.ts";

/** Which list a member is asked for. */
export interface ListQuestion {
  readonly contextPath: string;
  readonly namespaceId: string;

  /** `<group>@@<service>`. */
  readonly serviceName: string;
}

/**
 * Asks a member, of Nacre or Nacos, for the list of a service as a client does.
 *
 * @throws {@link NacreError} `MEMBER_UNREACHABLE` when no list comes back; the message is one line.
 */
export function fetchList(
  server: URL,
  { contextPath, namespaceId, serviceName }: ListQuestion,
): Promise<readonly ListedInstance[]> {
  return fetchMember(server, {
    path: `${contextPath}/v1/ns/instance/list`,
    query: { namespaceId, serviceName },
    read: instancesIn,
    expected: "a list of instances",
  });
}

function instancesIn(json: unknown): readonly ListedInstance[] | undefined {
  const { hosts } = (json ?? {}) as { readonly hosts?: unknown };
  if (!Array.isArray(hosts)) return undefined;
  const instances = hosts.map(instanceIn);
  return instances.every((instance) => instance !== undefined) ? instances : undefined;
}

function instanceIn(json: unknown): ListedInstance | undefined {
  const fields = (json ?? {}) as Partial<Record<keyof ListedInstance, unknown>>;
  const { ip, port, clusterName, healthy, enabled, weight, metadata } = fields;
  const isInstance =
    typeof ip === "string" &&
    typeof port === "number" &&
    typeof clusterName === "string" &&
    typeof healthy === "boolean" &&
    typeof enabled === "boolean" &&
    typeof weight === "number" &&
    typeof metadata === "object";
  if (!isInstance) return undefined;
  // Of an instance that was registered with `metadata=null` there is none.
  const entries = (metadata ?? {}) as ListedInstance["metadata"];
  return { ip, port, clusterName, healthy, enabled, weight, metadata: entries };
}
