import { datumKey, isDatumKey, isLegalServiceName, NacreError } from "@nacre/core";
import { Service } from "./service.ts";

/** The limits of a {@link ServiceIndex}. */
export interface ServiceIndexOptions {
  /** How many services it holds at most, over all namespaces. */
  readonly servicesMax: number;

  /**
   * Whether this member is responsible for a new service of this grouped name.
   *
   * @defaultValue always
   */
  readonly isOurs?: (name: string) => boolean;
}

/** Every service of this member, by namespace and grouped name. */
export class ServiceIndex {
  readonly #servicesMax: number;
  readonly #isOurs: (name: string) => boolean;
  readonly #namespaces = new Map<string, Map<string, Service>>();
  readonly #sorted = new Map<string, readonly Service[]>();
  #size = 0;

  constructor({ servicesMax, isOurs = () => true }: ServiceIndexOptions) {
    this.#servicesMax = servicesMax;
    this.#isOurs = isOurs;
  }

  /** How many services there are. */
  get size(): number {
    return this.#size;
  }

  /** For how many of them this member is responsible; counted when asked for. */
  get ourSize(): number {
    let size = 0;
    for (const { isOurs } of this.all()) if (isOurs) size++;
    return size;
  }

  get(namespaceId: string, name: string): Service | undefined {
    return this.#namespaces.get(namespaceId)?.get(name);
  }

  /** The services of a namespace by grouped name, in the order of UTF-16 code units. */
  sorted(namespaceId: string): readonly Service[] {
    const known = this.#sorted.get(namespaceId);
    if (known !== undefined) return known;
    const services = [...(this.#namespaces.get(namespaceId)?.values() ?? [])];
    // An unused namespace is not kept: anybody may ask for any.
    if (services.length === 0) return services;
    services.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    this.#sorted.set(namespaceId, services);
    return services;
  }

  *all(): Iterable<Service> {
    for (const services of this.#namespaces.values()) yield* services.values();
  }

  /**
   * The service of that name, made when it is not there.
   *
   * @throws {@link NacreError} as {@link check} does.
   */
  ensure(namespaceId: string, name: string): Service {
    const known = this.get(namespaceId, name);
    if (known !== undefined) return known;
    this.check(namespaceId, name);
    const service = new Service(namespaceId, name);
    service.isOurs = this.#isOurs(name);
    let services = this.#namespaces.get(namespaceId);
    if (services === undefined) this.#namespaces.set(namespaceId, (services = new Map()));
    services.set(name, service);
    this.#sorted.delete(namespaceId);
    this.#size++;
    return service;
  }

  /**
   * Checks that a service exists or may come into being.
   *
   * @throws {@link NacreError} `INVALID_NAME` when it is new and a name is not allowed;
   * `LIMIT_REACHED` when there are `servicesMax` already.
   */
  check(namespaceId: string, name: string): void {
    if (this.get(namespaceId, name) !== undefined) return;
    if (!isLegalServiceName(name)) {
      throw new NacreError(
        "INVALID_NAME",
        `dom name can only have these characters: 0-9a-zA-Z-._:, current: ${name}`,
      );
    }
    if (!isLegalNamespace(namespaceId, name)) {
      throw new NacreError(
        "INVALID_NAME",
        "the namespace has control characters or, with the service, more than 4,000 characters",
      );
    }
    if (this.#size >= this.#servicesMax) {
      throw new NacreError("LIMIT_REACHED", `${this.#size} services exist, no more are allowed`);
    }
  }

  /** Whether a service exists or may come into being; {@link check} says why not. */
  mayHave(namespaceId: string, name: string): boolean {
    if (this.get(namespaceId, name) !== undefined) return true;
    return this.isLegal(namespaceId, name) && this.#size < this.#servicesMax;
  }

  /** Whether a service may have that name, here and at every peer. */
  isLegal(namespaceId: string, name: string): boolean {
    return isLegalServiceName(name) && isLegalNamespace(namespaceId, name);
  }

  delete(service: Service): void {
    const services = this.#namespaces.get(service.namespaceId);
    if (services?.delete(service.name) !== true) return;
    this.#size--;
    this.#sorted.delete(service.namespaceId);
    if (services.size === 0) this.#namespaces.delete(service.namespaceId);
  }
}

// Nacos takes any text. But what no key can name no peer would take, and members would never agree.
function isLegalNamespace(namespaceId: string, name: string): boolean {
  return isDatumKey(datumKey(namespaceId, name)) && !/\p{Cc}/u.test(namespaceId);
}
