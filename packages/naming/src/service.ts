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
  type Millis,
  NacreError,
  serviceChecksum,
} from "@nacre/core";
import type { Lease } from "./lease.ts";
import {
  CLUSTERS_MAX,
  defaultServiceDefinition,
  type FullDefinition,
  type ServiceDefinition,
} from "./service-definition.ts";
import type { ServiceView } from "./service-view.ts";

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

  /** Whether this member is responsible for it. The beat checker keeps it, and the next. */
  isOurs = true;

  /** Since when, in lived time; before that, silence did not count. */
  isOursSinceMs: Millis = Number.NEGATIVE_INFINITY;

  #definition: ServiceDefinition = defaultServiceDefinition;
  #definedClusters: readonly Cluster[] | undefined;
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

  /** Whether somebody defined it, or a cluster of it; else all is as it came with the first instance. */
  get isDefined(): boolean {
    return this.#definedClusters !== undefined;
  }

  /** All that was said of it and its clusters, to be said anew with some of it changed. */
  get fullDefinition(): FullDefinition {
    return { ...this.#definition, clusters: this.#definedClusters ?? [] };
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
   * Makes sure that a cluster exists, as far as it may: `false` when its name is not allowed or there
   * are too many.
   */
  takeCluster(name: string): boolean {
    if (this.clusterNamed(name) !== undefined) return true;
    if (!isLegalClusterName(name) || this.#clusters.length >= CLUSTERS_MAX) return false;
    this.putCluster(defaultCluster(name));
    return true;
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

  /**
   * Takes a definition in place of the one before. Clusters that it does not mention any more stay, as
   * they come into being with an instance; those that there is no room for are left out.
   */
  define({ clusters = [], ...definition }: ServiceDefinition & Partial<FullDefinition>): void {
    this.#takeDefinition(definition, clusters);
  }

  /** Goes back to what a service is that came into being with its first instance. */
  undefine(): void {
    this.#takeDefinition(defaultServiceDefinition, undefined);
  }

  /** Takes the instances of a datum as the ones to serve. */
  takeInstances({ instances }: Datum): void {
    this.#instances = instances;
    this.#forgetDerived();
  }

  #takeDefinition(definition: ServiceDefinition, clusters: readonly Cluster[] | undefined): void {
    for (const { name } of this.#definedClusters ?? []) {
      if (this.clusterNamed(name) !== undefined) this.putCluster(defaultCluster(name));
    }
    for (const cluster of clusters ?? []) {
      if (this.takeCluster(cluster.name)) this.putCluster(cluster);
    }
    this.#definition = definition;
    this.#definedClusters = clusters;
    this.#forgetDerived();
  }

  #forgetDerived(): void {
    this.#checksum = undefined;
    this.views.clear();
  }
}
