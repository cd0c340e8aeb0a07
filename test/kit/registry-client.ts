import { exchange, type Address } from "./raw-http.ts";
import type { RawResponse } from "./response-parser.ts";

/** An instance as a test names it; the rest has Nacos's defaults. */
export interface InstanceParams {
  readonly serviceName: string;
  readonly ip: string;
  readonly port: number;
  readonly clusterName?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A host of a list, as far as tests look at it. */
export interface ListedHost {
  readonly ip: string;
  readonly port: number;
  readonly healthy: boolean;
  readonly clusterName: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata that makes a silent instance unhealthy after 3 s and removes it after 6 s. */
export const shortTimeouts: Readonly<Record<string, string>> = {
  "preserved.heart.beat.timeout": "3000",
  "preserved.ip.delete.timeout": "6000",
};

type Params = Readonly<Record<string, string>>;

const INSTANCE = "/nacos/v1/ns/instance";

/** Speaks Nacos's HTTP API to one member, each request over a connection of its own. */
export class RegistryClient {
  readonly #address: Address;
  readonly #agent: string;

  constructor(address: Address, agent = "curl/7.64.0") {
    this.#address = address;
    this.#agent = agent;
  }

  /** Sends one request, its parameters in the query. */
  request(method: string, path: string, params: Params = {}): Promise<RawResponse> {
    const query = new URLSearchParams(params).toString();
    return exchange(this.#address, {
      method,
      target: query === "" ? path : `${path}?${query}`,
      headers: [
        ["Accept", "*/*"],
        ["User-Agent", this.#agent],
      ],
    });
  }

  async register(instance: InstanceParams): Promise<void> {
    await this.#ok("POST", INSTANCE, flat(instance));
  }

  async deregister(instance: InstanceParams): Promise<void> {
    await this.#ok("DELETE", INSTANCE, flat(instance));
  }

  /** Sends a full beat, which registers an instance that is not known. */
  async beat(instance: InstanceParams): Promise<void> {
    const { serviceName, ip, port, clusterName = "DEFAULT", metadata = {} } = instance;
    const beat = { ip, port, cluster: clusterName, weight: 1, metadata, serviceName };
    const response = await this.request("PUT", `${INSTANCE}/beat`, {
      serviceName,
      beat: JSON.stringify(beat),
    });
    if (response.status !== 200) throw new Error(`beat: ${response.status} ${response.body}`);
  }

  /** The answer to `GET /instance/list`, as text. */
  async listText(serviceName: string, params: Params = {}): Promise<string> {
    const response = await this.request("GET", `${INSTANCE}/list`, { serviceName, ...params });
    if (response.status !== 200) throw new Error(`list: ${response.status} ${response.body}`);
    return response.body;
  }

  /** The hosts that `GET /instance/list` answers. */
  async list(serviceName: string): Promise<readonly ListedHost[]> {
    return (JSON.parse(await this.listText(serviceName)) as { hosts: ListedHost[] }).hosts;
  }

  /**
   * The health of an instance as the member holds it: `GET /instance` is not subject to the
   * protection that makes a list of unhealthy instances look healthy.
   *
   * @returns `undefined` when there is no such instance
   */
  async healthy({ serviceName, ip, port }: InstanceParams): Promise<boolean | undefined> {
    const response = await this.request("GET", INSTANCE, { serviceName, ip, port: `${port}` });
    if (response.status !== 200) return undefined;
    return (JSON.parse(response.body) as ListedHost).healthy;
  }

  async #ok(method: string, path: string, params: Params): Promise<void> {
    const { status, body } = await this.request(method, path, params);
    if (status !== 200 || body !== "ok") throw new Error(`${method} ${path}: ${status} ${body}`);
  }
}

function flat({ serviceName, ip, port, clusterName, metadata }: InstanceParams): Params {
  return {
    serviceName,
    ip,
    port: `${port}`,
    ...(clusterName !== undefined && { clusterName }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
  };
}
