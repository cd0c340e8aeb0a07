import {
  bareNameOf,
  type Cluster,
  type Datum,
  type DatumKey,
  datumKey,
  defaultCluster,
  groupNameOf,
  type Instance,
  type InstanceKey,
  isLegalClusterName,
  type Metadata,
  NacreError,
  noMetadata,
  serviceChecksum,
} from "@nacre/core";
import type { Lease } from "./lease.ts";
import { noSelector, type Selector } from "./selector.ts";
import type { ServiceView } from "./service-view.ts";

/** How many clusters a service has at most: any request may name a new one, and they stay. */
const CLUSTERS_MAX = 1_000;

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

/**
 * One service as this member serves it: its definition, its clusters, its instances with their
 * leases, and the views of them that clients asked for, kept until something changes.
 */
export class Service {
  readonly namespaceId: string;

  /** The grouped name. */
  readonly name: string;
  readonly bareName: string;
  readonly groupName: string;
  readonly key: DatumKey;

  /** Leases of the ephemeral instances, by instance key. */
  readonly leases: Map<InstanceKey, Lease> = new Map();

  /** Views by what was asked, emptied by every change. `viewOf` fills it. */
  readonly views: Map<string, ServiceView> = new Map();

  /** In how many rounds in a row the cleaner found it empty. */
  emptyRounds = 0;

  #definition: ServiceDefinition = defaultServiceDefinition;
  #clusters: readonly Cluster[] = [];
  #instances: readonly Instance[] = [];
  #checksum: string | undefined;

  constructor(namespaceId: string, name: string) {
    this.namespaceId = namespaceId;
    this.name = name;
    this.bareName = bareNameOf(name);
    this.groupName = groupNameOf(name);
    this.key = datumKey(namespaceId, name);
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  get definition(): ServiceDefinition {
    return this.#definition;
  }

  /** In the order they came into being. A cluster stays once it is there, also when empty. */
  get clusters(): readonly Cluster[] {
    return this.#clusters;
  }

  /** What Nacos calls the service's checksum; see `serviceChecksum` of `@nacre/core`. */
  get checksum(): string {
    return (this.#checksum ??= serviceChecksum({
      name: this.name,
      protectThreshold: this.#definition.protectThreshold,
      clusters: this.#clusters,
      instances: this.#instances,
    }));
  }

  clusterNamed(name: string): Cluster | undefined {
    return this.#clusters.find((cluster) => cluster.name === name);
  }

  instancesOf(clusterName: string): readonly Instance[] {
    return this.#instances.filter((instance) => instance.clusterName === clusterName);
  }

  /**
   * Makes sure that a cluster exists.
   *
   * @throws {@link NacreError} when it is new: `INVALID_NAME` if its name is not allowed,
   * `LIMIT_REACHED` if the service has 1,000 already.
   */
  ensureCluster(name: string): void {
    this.checkCluster(name);
    if (this.clusterNamed(name) === undefined) this.putCluster(defaultCluster(name));
  }

  /**
   * Checks that a cluster exists or may come into being.
   *
   * @throws {@link NacreError} as {@link ensureCluster} does.
   */
  checkCluster(name: string): void {
    if (this.clusterNamed(name) !== undefined) return;
    if (!isLegalClusterName(name)) {
      throw new NacreError(
        "INVALID_NAME",
        `cluster name can only have these characters: 0-9a-zA-Z-, current: ${name}`,
      );
    }
    if (this.#clusters.length >= CLUSTERS_MAX) {
      throw new NacreError(
        "LIMIT_REACHED",
        `the service ${this.name} has ${CLUSTERS_MAX} clusters, no more are allowed`,
      );
    }
  }

  /** Adds a cluster, or replaces the one of its name. */
  putCluster(cluster: Cluster): void {
    const at = this.#clusters.findIndex(({ name }) => name === cluster.name);
    this.#clusters = at < 0 ? [...this.#clusters, cluster] : this.#clusters.with(at, cluster);
    this.#forgetDerived();
  }

  define(definition: ServiceDefinition): void {
    this.#definition = definition;
    this.#forgetDerived();
  }

  /** Takes the instances of a datum as the ones to serve. */
  takeInstances({ instances }: Datum): void {
    this.#instances = instances;
    this.#forgetDerived();
  }

  #forgetDerived(): void {
    this.#checksum = undefined;
    this.views.clear();
  }
}
