import { type Cluster, type Instance, type InstanceChange, NacreError } from "@nacre/core";
import type { Naming } from "./naming.ts";
import type { Service } from "./service.ts";
import { defaultServiceDefinition, type ServiceDefinition } from "./service-definition.ts";
import type { InstanceAddress, ServiceRequest } from "./service-request.ts";

/**
 * What an operator does to services: create, define, delete, set up clusters, set health by hand.
 *
 * What is said of a service goes to the consistency service, and takes effect when that tells of it:
 * here and at all Nacre peers. Of two that speak at once, the last one is heard.
 */
export class ServiceAdmin {
  readonly #naming: Naming;

  constructor({ naming }: { readonly naming: Naming }) {
    this.#naming = naming;
  }

  /**
   * Makes a service without instances (`http-api.md` 2.2.1).
   *
   * @throws {@link NacreError} `SERVICE_EXISTS`; `INVALID_NAME`; `LIMIT_REACHED`.
   */
  create(request: ServiceRequest, definition: ServiceDefinition): void {
    const { namespaceId, serviceName } = request;
    if (this.#naming.services.get(namespaceId, serviceName) !== undefined) {
      throw new NacreError(
        "SERVICE_EXISTS",
        `specified service already exists, serviceName : ${serviceName}`,
      );
    }
    this.#naming.define({ namespaceId, name: serviceName }, { ...definition, clusters: [] });
  }

  /**
   * Replaces the definition of a service; what is left out falls back to the default
   * (`http-api.md` 2.2.3).
   *
   * @throws {@link NacreError} `SERVICE_NOT_FOUND`; `LIMIT_REACHED`.
   */
  update(request: ServiceRequest, definition: Partial<ServiceDefinition>): void {
    const service = this.#require(request, `service ${request.serviceName} not found!`);
    const { clusters } = service.fullDefinition;
    this.#naming.define(service, { ...defaultServiceDefinition, ...definition, clusters });
  }

  /**
   * Deletes a service with all its instances (`http-api.md` 2.2.2).
   *
   * @throws {@link NacreError} `SERVICE_UNKNOWN`.
   */
  delete(request: ServiceRequest): void {
    const { namespaceId, serviceName, by } = request;
    const service = this.#naming.services.get(namespaceId, serviceName);
    if (service === undefined) {
      throw new NacreError(
        "SERVICE_UNKNOWN",
        `specified service not exist, serviceName : ${serviceName}`,
      );
    }
    const cause = operator(`service deleted by ${by}`);
    this.#naming.removeService(service, cause, request.acceptedAs);
  }

  /**
   * Sets up a cluster, making it when it is not there (`http-api.md` 2.4).
   *
   * @throws {@link NacreError} `INVALID_NAME`; `LIMIT_REACHED`.
   */
  putCluster(service: Service, cluster: Cluster): void {
    service.checkCluster(cluster.name);
    const { clusters, ...definition } = service.fullDefinition;
    const others = clusters.filter(({ name }) => name !== cluster.name);
    this.#naming.define(service, { ...definition, clusters: [...others, cluster] });
  }

  /**
   * Sets the health of an instance by hand; nothing happens when there is no such instance
   * (`http-api.md` 2.5).
   *
   * @throws {@link NacreError} `SERVICE_NOT_FOUND` without a text for an unknown service or
   * cluster; `HEALTH_CHECK_ACTIVE` unless the cluster's checker is NONE.
   */
  setHealth(request: ServiceRequest, address: InstanceAddress, healthy: boolean): void {
    const service = this.#require(request, "");
    const cluster = service.clusterNamed(address.clusterName);
    if (cluster === undefined) throw new NacreError("SERVICE_NOT_FOUND", "");
    if (cluster.healthChecker.type !== "NONE") {
      throw new NacreError(
        "HEALTH_CHECK_ACTIVE",
        `health check is still working, service: ${request.serviceName}`,
      );
    }
    const instance = service
      .instancesOf(cluster.name)
      .find(({ ip, port }) => ip === address.ip && port === address.port);
    if (instance === undefined) return;
    const cause = operator(`health set by ${request.by}`);
    const edit = (before: Instance): Instance => ({ ...before, healthy });
    this.#naming.edit(service, [instance], edit, cause, request.acceptedAs);
  }

  #require({ namespaceId, serviceName }: ServiceRequest, message: string): Service {
    const service = this.#naming.services.get(namespaceId, serviceName);
    if (service === undefined) throw new NacreError("SERVICE_NOT_FOUND", message);
    return service;
  }
}

function operator(detail: string): InstanceChange["cause"] {
  return { kind: "operator", detail };
}
