import {
  type Address,
  type Instance,
  type InstanceKey,
  instanceKey,
  type Millis,
  noMetadata,
  type Version,
} from "@nacre/core";

/** What a simulated client asks of a server. */
export interface SimWrite {
  readonly kind: "register" | "deregister" | "beat" | "light beat";
  readonly subject: SimSubject;
}

/** An instance that simulated clients speak of. All are in one namespace and one cluster. */
export interface SimSubject {
  /** The grouped name. */
  readonly serviceName: string;
  readonly ip: string;
  readonly port: number;
}

/** How a server answered a {@link SimWrite}. */
export interface SimAnswer {
  /** `false`: a light beat of an instance nobody knows; the client must register again. */
  readonly isKnown: boolean;

  /** Who decided it: who was asked, or the member that it was passed on to. */
  readonly decidedBy: Address;

  /** When, in the time of the simulation. */
  readonly atMs: Millis;
}

/** A {@link SimWrite} that a member passes on. */
export interface SimForward {
  readonly write: SimWrite;

  /** The version at which it was accepted; Java members say none. */
  readonly acceptedAs: Version | undefined;
}

/** The namespace of all simulated services. */
export const NAMESPACE = "public";

/** The cluster of all simulated instances. */
export const CLUSTER = "DEFAULT";

/** The key of a subject within its service. */
export function subjectKey({ ip, port }: SimSubject): InstanceKey {
  return instanceKey(ip, port, CLUSTER);
}

/** What a client says of its instance when it registers. */
export function specOf({
  ip,
  port,
}: SimSubject): Omit<Instance, "instanceId" | "marked" | "version"> {
  return {
    ip,
    port,
    weight: 1,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: CLUSTER,
    metadata: noMetadata,
    app: "DEFAULT",
  };
}
