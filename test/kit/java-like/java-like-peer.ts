import { createServer, type IncomingMessage, type Server } from "node:http";
import { callPeer, type PeerAnswer, readAll } from "./java-like-call.ts";
import { JavaLikeRegistry, keyOf, memberFor, serviceNameOf } from "./java-like-registry.ts";
import type { WireInstance } from "./wire-instance.ts";

/** How often things happen; Nacos 1.4.1's own times by default. */
export interface JavaLikePeerOptions {
  readonly address: string;
  readonly members: readonly string[];
  /** @defaultValue 2_000 */
  readonly reportMs?: number;
  /** @defaultValue 5_000 */
  readonly verifyMs?: number;
  /** @defaultValue 2_000 */
  readonly syncDelayMs?: number;
  /** @defaultValue 5_000 */
  readonly statusMs?: number;
}

interface PeerState {
  state: "UP" | "SUSPICIOUS" | "DOWN";
  failures: number;
}

const FORWARDED = /Nacos-Server/;

/**
 * A member that behaves as Nacos 1.4.1 does towards its peers, made from the specification and the
 * recordings: knows no calls of Nacre's own, sends full checksum maps, and takes lists as they come.
 */
export class JavaLikePeer {
  readonly registry = new JavaLikeRegistry();
  readonly address: string;
  /** What it could make nothing of. A real member would log it, or worse. */
  readonly complaints: string[] = [];
  /** Whether a peer ended a connection while a report or a checksum waited for its answer. */
  isCrippled = false;
  readonly #options: Required<JavaLikePeerOptions>;
  readonly #states = new Map<string, PeerState>();
  readonly #server: Server;
  readonly #timers: NodeJS.Timeout[] = [];
  #cursor = 0;
  #isStopped = false;

  constructor(options: JavaLikePeerOptions) {
    const defaults = { reportMs: 2_000, verifyMs: 5_000, syncDelayMs: 2_000, statusMs: 5_000 };
    this.#options = { ...defaults, ...options };
    this.address = options.address;
    for (const member of options.members) this.#states.set(member, { state: "UP", failures: 0 });
    this.#server = createServer((incoming, response) => {
      void readAll(incoming).then((body) => {
        const { status, text, type } = this.#answer(incoming, body);
        response.writeHead(status, { "Content-Type": type });
        response.end(text);
      });
    });
  }

  /** Listens, loads from the first peer that answers, and begins to report and to verify. */
  async start(): Promise<void> {
    const port = Number(this.address.split(":")[1]);
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    await this.#load();
    this.#every(this.#options.reportMs, () => this.#report());
    this.#every(this.#options.verifyMs, () => this.#verify());
    this.#every(this.#options.statusMs, () => this.#tellStatus());
    this.#every(5_000, () => this.#expire());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** How it sees a member. */
  stateOf(address: string): string | undefined {
    return this.#states.get(address)?.state;
  }

  isResponsible(groupedName: string): boolean {
    return memberFor(groupedName, this.#healthy()) === this.address;
  }

  /** A client's registration or beat for a service this member is responsible for. */
  register(groupedName: string, ip: string, port: number): void {
    const key = keyOf(groupedName);
    const list = (this.registry.data.get(key) ?? []).filter(
      (each) => each.ip !== ip || each.port !== port,
    );
    const instance = { ip, port, serviceName: groupedName, lastBeat: epochMs(), app: "DEFAULT" };
    const instanceId = `${ip}#${port}#DEFAULT#${groupedName}`;
    this.registry.put(key, [...list, { ...instance, instanceId }]);
    this.#syncLater(key);
  }

  #healthy(): readonly string[] {
    const entries = [...this.#states].filter(([, { state }]) => state !== "DOWN");
    return entries.map(([address]) => address).toSorted();
  }

  #others(): readonly string[] {
    return [...this.#states.keys()].filter((each) => each !== this.address).toSorted();
  }

  #every(intervalMs: number, run: () => void): void {
    // oxlint-disable-next-line no-restricted-globals -- a process of its own, in real time
    this.#timers.push(setInterval(run, intervalMs));
  }

  // ---- what peers and clients ask

  #answer(
    { method = "GET", url = "/", headers }: IncomingMessage,
    body: string,
  ): { readonly status: number; readonly text: string; readonly type: string } {
    const { pathname, searchParams: query } = new URL(url, "http://member");
    const text = (status: number, content: string, type = "text/plain;charset=UTF-8") => ({
      status,
      text: content,
      type,
    });
    try {
      switch (`${method} ${pathname.replace("/nacos", "")}`) {
        case "POST /v1/core/cluster/report":
          return text(200, this.#onReport(body), "application/json;charset=UTF-8");
        case "PUT /v1/ns/distro/datum":
          return text(200, this.#onPut(body));
        case "PUT /v1/ns/distro/checksum":
          void this.#onChecksums(query.get("source") ?? "", body);
          return text(200, "ok");
        case "GET /v1/ns/distro/datum":
          return text(200, this.#dataOf((JSON.parse(body) as { keys: string }).keys.split(",")));
        case "GET /v1/ns/distro/datums":
          return text(200, this.#dataOf([...this.registry.data.keys()]));
        case "POST /v1/ns/service/status":
          void this.#onStatus(JSON.parse(decodeURIComponent(body)) as StatusBody);
          return text(200, "ok");
        case "GET /v1/ns/instance/statuses":
          return text(200, this.#statusesOf(query.get("key") ?? ""));
        case "GET /v1/ns/instance/list":
          return text(200, this.#listOf(query));
        case "POST /v1/ns/instance":
        case "DELETE /v1/ns/instance":
        case "PUT /v1/ns/instance/beat":
          return text(...this.#write(method, query, FORWARDED.test(headers["user-agent"] ?? "")));
        default:
          return text(pathname.startsWith("/nacos/v1/ns") ? 501 : 404, "no such api");
      }
    } catch (error) {
      this.complaints.push(`${method} ${url}: ${String(error)}`);
      return text(500, `caused: ${String(error)};`);
    }
  }

  #onReport(body: string): string {
    const { address, ip, state } = JSON.parse(body) as Record<string, string>;
    if (address === undefined || ip === undefined) {
      return '{"code":400,"message":"Node information is illegal","data":null}';
    }
    if (state !== "UP") this.complaints.push(`a report says ${state}`);
    const known = this.#states.get(address);
    if (known !== undefined) known.state = "UP";
    return `{"code":200,"message":null,"data":"${known !== undefined}"}`;
  }

  #onPut(body: string): string {
    const map = JSON.parse(body) as Record<
      string,
      { key: string; value: { instanceList: Partial<WireInstance>[] } }
    >;
    if (Object.keys(map).length === 0) throw new Error("receive empty entity!");
    for (const { key, value } of Object.values(map)) this.registry.put(key, value.instanceList);
    return "ok";
  }

  async #onChecksums(source: string, body: string): Promise<void> {
    const map = JSON.parse(body) as Record<string, string>;
    const healthy = this.#healthy();
    const toUpdate: string[] = [];
    for (const [key, sum] of Object.entries(map)) {
      if (memberFor(serviceNameOf(key), healthy) === this.address) {
        this.complaints.push(`a checksum map of ${source} holds a key of this member: ${key}`);
        return;
      }
      if (!this.registry.data.has(key) || this.registry.checksumOf(key) !== sum) toUpdate.push(key);
    }
    for (const key of this.registry.data.keys()) {
      const isTheirs = memberFor(serviceNameOf(key), healthy) === source;
      if (isTheirs && !(key in map)) this.registry.remove(key);
    }
    if (toUpdate.length === 0) return;
    const target = "/nacos/v1/ns/distro/datum";
    const keys = JSON.stringify({ keys: toUpdate.join(",") });
    const answer = await this.#call("GET", source, target, keys).catch(() => undefined);
    if (answer?.status === 200) this.#take(answer.body);
  }

  // As strict as `JacksonSerializer.deserializeMap`: one missing field loses the whole answer.
  #take(body: string): void {
    const map = JSON.parse(body) as Record<string, Record<string, unknown>>;
    for (const datum of Object.values(map)) {
      for (const field of ["key", "value", "timestamp"]) {
        if (!(field in datum)) {
          this.complaints.push(`a fetched datum has no ${field}`);
          return;
        }
      }
    }
    for (const { key, value } of Object.values(map)) {
      const { instanceList } = value as { instanceList: Partial<WireInstance>[] };
      this.registry.put(String(key), instanceList);
    }
  }

  #dataOf(keys: readonly string[]): string {
    const entries = keys.map((key) => [key, this.registry.datumOf(key)] as const);
    return JSON.stringify(Object.fromEntries(entries.filter(([, datum]) => datum !== undefined)));
  }

  async #onStatus({ clientIP, statuses }: StatusBody): Promise<void> {
    if (!this.#states.has(clientIP)) throw new Error(`ip: ${clientIP} is not in serverlist`);
    const { serviceName2Checksum } = JSON.parse(statuses) as {
      serviceName2Checksum: Record<string, string>;
    };
    for (const [name, sum] of Object.entries(serviceName2Checksum)) {
      if (!this.registry.served.has(name) || this.registry.serviceChecksumOf(name) === sum)
        continue;
      const key = encodeURIComponent(`public##${name}`);
      const target = `/nacos/v1/ns/instance/statuses?key=${key}&encoding=UTF-8&nofix=1`;
      const answer = await this.#call("GET", clientIP, target).catch(() => undefined);
      if (answer?.status !== 200) continue;
      const { ips } = JSON.parse(answer.body) as { ips?: string[] };
      if (ips !== undefined) this.registry.takeStatuses(name, ips);
    }
  }

  #statusesOf(key: string): string {
    const instances = this.registry.served.get(serviceNameOf(key));
    if (instances === undefined) throw new Error(`service: ${key} not found.`);
    const ips = instances.map(({ ip, port, healthy }) => `${ip}:${port}_${healthy}`);
    return JSON.stringify({ ips });
  }

  #listOf(query: URLSearchParams): string {
    const name = groupedNameOf(query);
    return JSON.stringify({ name, hosts: this.registry.served.get(name) ?? [] });
  }

  #write(method: string, query: URLSearchParams, isForwarded: boolean): [number, string] {
    const name = groupedNameOf(query);
    const beat = JSON.parse(query.get("beat") ?? "{}") as { ip?: string; port?: number };
    const ip = beat.ip ?? query.get("ip") ?? "";
    const port = beat.port ?? Number(query.get("port"));
    if (!this.isResponsible(name)) {
      const why = isForwarded ? "receive invalid redirect request from peer" : "ask the other one";
      return [400, why];
    }
    const known = this.registry.find(name, ip, port);
    if (method === "PUT") {
      if (known === undefined && query.has("beat")) {
        this.register(name, ip, port);
        return [200, '{"clientBeatInterval":5000,"code":10200,"lightBeatEnabled":true}'];
      }
      if (known === undefined) return [200, '{"clientBeatInterval":5000,"code":20404}'];
      known.lastBeat = epochMs();
      known.healthy = true;
      return [200, '{"clientBeatInterval":5000,"code":10200,"lightBeatEnabled":true}'];
    }
    if (method === "POST") this.register(name, ip, port);
    else {
      const key = keyOf(name);
      const left = (this.registry.data.get(key) ?? []).filter((each) => each !== known);
      this.registry.put(key, left);
      this.#syncLater(key);
    }
    return [200, "ok"];
  }

  // ---- what it does on its own

  async #load(): Promise<void> {
    for (const peer of this.#others()) {
      const target = "/nacos/v1/ns/distro/datums?encoding=UTF-8&nofix=1";
      const answer = await this.#call("GET", peer, target).catch(() => undefined);
      if (answer?.status !== 200) continue;
      this.#take(answer.body);
      return;
    }
  }

  #report(): void {
    const others = this.#others();
    this.#cursor = (this.#cursor + 1) % Math.max(others.length, 1);
    const peer = others[this.#cursor];
    const known = peer === undefined ? undefined : this.#states.get(peer);
    if (peer === undefined || known === undefined) return;
    const [ip, port] = this.address.split(":");
    const extendInfo = { lastRefreshTime: epochMs(), raftPort: "1", version: "1.4.1" };
    const body = JSON.stringify({
      ip,
      port: Number(port),
      state: "UP",
      extendInfo,
      address: this.address,
      failAccessCnt: 0,
    });
    this.#call("POST", peer, "/nacos/v1/core/cluster/report", body, true)
      .then(({ status, body: text }) => {
        const { code } = JSON.parse(text) as { code: number };
        if (code === 404 || code === 501) return;
        if (status !== 200 || (code !== 200 && code !== 0)) throw new Error(`${status} ${text}`);
        known.failures = 0;
        known.state = "UP";
      })
      .catch((error: unknown) => {
        known.failures++;
        const isRefused = String(error).includes("ECONNREFUSED");
        known.state = isRefused || known.failures > 3 ? "DOWN" : "SUSPICIOUS";
      });
  }

  #verify(): void {
    const mine = [...this.registry.data.keys()].filter((key) =>
      this.isResponsible(serviceNameOf(key)),
    );
    if (mine.length === 0) return;
    const sums = Object.fromEntries(mine.map((key) => [key, this.registry.checksumOf(key)]));
    for (const peer of this.#others()) {
      const target = `/nacos/v1/ns/distro/checksum?source=${this.address}`;
      void this.#call("PUT", peer, target, JSON.stringify(sums), true).catch(() => undefined);
    }
  }

  #tellStatus(): void {
    const names = [...this.registry.served.keys()].filter((name) => this.isResponsible(name));
    const sums = Object.fromEntries(
      names.map((name) => [name, this.registry.serviceChecksumOf(name)]),
    );
    const statuses = JSON.stringify({ namespaceId: "public", serviceName2Checksum: sums });
    const body = JSON.stringify({ clientIP: this.address, statuses });
    for (const peer of this.#others()) {
      const target = "/nacos/v1/ns/service/status";
      void this.#call("POST", peer, target, body, true).catch(() => undefined);
    }
  }

  #expire(): void {
    for (const key of this.registry.expire(epochMs(), (name) => this.isResponsible(name))) {
      this.#syncLater(key);
    }
  }

  #syncLater(key: string): void {
    // oxlint-disable-next-line no-restricted-globals -- a process of its own, in real time
    const timer = setTimeout(() => {
      const datum = this.registry.datumOf(key);
      if (this.#isStopped || datum === undefined) return;
      const body = JSON.stringify({ [key]: datum });
      for (const peer of this.#others()) {
        void this.#call("PUT", peer, "/nacos/v1/ns/distro/datum", body).catch(() => undefined);
      }
    }, this.#options.syncDelayMs);
    this.#timers.push(timer);
  }

  #call(
    method: string,
    peer: string,
    path: string,
    body?: string,
    isAsynchronous = false,
  ): Promise<PeerAnswer> {
    return callPeer(
      { from: this.address, peer, method, path, body },
      {
        onCompressed: () => this.complaints.push(`a compressed answer to ${method} ${path}`),
        onHangUp: () => (this.isCrippled ||= isAsynchronous),
      },
    );
  }
}

interface StatusBody {
  readonly clientIP: string;
  readonly statuses: string;
}

function groupedNameOf(query: URLSearchParams): string {
  const name = query.get("serviceName") ?? "";
  return name.includes("@@") ? name : `${query.get("groupName") ?? "DEFAULT_GROUP"}@@${name}`;
}

function epochMs(): number {
  // oxlint-disable-next-line no-restricted-globals -- a process of its own, in real time
  return Date.now();
}
