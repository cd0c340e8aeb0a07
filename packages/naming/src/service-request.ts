import type { Instance, Metadata, Version } from "@nacre/core";

/** Which service a request is about, and who sent it. */
export interface ServiceRequest {
  readonly namespaceId: string;

  /** The grouped name. */
  readonly serviceName: string;

  /** The address of the caller, for the history. */
  readonly by: string;

  /**
   * The version at which another member accepted the request and passed it on. What was removed by a
   * later write stays removed.
   */
  readonly acceptedAs?: Version | undefined;
}

/** Which instance of a service a request is about. */
export interface InstanceAddress {
  readonly ip: string;
  readonly port: number;
  readonly clusterName: string;
}

/** What a beat says of its instance, so that a forgotten one can be made again. */
export interface BeatSpec {
  /** `null` when the beat names none: then service and cluster are made and no more, as in Nacos. */
  readonly ip: string | null;
  readonly weight: number;
  readonly ephemeral: boolean;
  readonly metadata: Metadata | null;
}

/** What became of a beat. */
export interface BeatAnswer {
  /** `false`: the instance is unknown and was not made; the client must register again. */
  readonly isKnown: boolean;

  /** How often the instance asks to be beaten for; `undefined` when it leaves that to the member. */
  readonly intervalMs: number | undefined;
}

/** The fields that a patch changes; what is left out stays. */
export type InstancePatch = Partial<
  Pick<Instance, "metadata" | "app" | "weight" | "healthy" | "enabled">
>;
