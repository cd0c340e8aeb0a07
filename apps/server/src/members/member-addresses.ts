import { BlockList, isIP, isIPv6 } from "node:net";
import type { Address, Clock, Logger, Millis } from "@nacre/core";
import { RepeatingTask } from "@nacre/engine";
import { hostAndPortOf } from "../settings/addresses.ts";
import { type HostAddresses, systemHostAddresses } from "./host-addresses.ts";

/** What {@link MemberAddresses} need from their surroundings. */
export interface MemberAddressesDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** @defaultValue `systemHostAddresses` */
  readonly hostAddresses?: HostAddresses;
}

/** How {@link MemberAddresses} keep up with names. */
export interface MemberAddressesOptions {
  /**
   * How often the host names of members are resolved again: the longest time for which a member that
   * moved is taken for a stranger.
   *
   * @defaultValue 5_000
   */
  readonly intervalMs?: Millis;
}

/** From which IP addresses members call. */
export class MemberAddresses {
  readonly #logger: Logger;
  readonly #hostAddresses: HostAddresses;
  readonly #job: RepeatingTask;

  /** The names among the hosts of members, each with what it was resolved to. */
  #ipsByName: ReadonlyMap<string, readonly string[]> = new Map();
  #literals: readonly string[] = [];
  #ips = new BlockList();

  constructor(
    { clock, logger, hostAddresses = systemHostAddresses }: MemberAddressesDependencies,
    { intervalMs = 5_000 }: MemberAddressesOptions = {},
  ) {
    this.#logger = logger;
    this.#hostAddresses = hostAddresses;
    const name = "resolve-members";
    const run = (): Promise<void> => this.#resolveAll();
    this.#job = new RepeatingTask({ clock, logger }, { name, intervalMs, run });
  }

  /** Begins to keep up with names. */
  start(): void {
    this.#job.start();
  }

  /** Resolves no more names. */
  stop(): void {
    void this.#job.stop();
  }

  /**
   * Says who the members are; self need not be among them. Resolves when the names of those that are
   * new have been resolved or could not be. Never rejects.
   */
  async setMembers(addresses: readonly Address[]): Promise<void> {
    const hosts = new Set(addresses.map((address) => hostAndPortOf(address).host));
    this.#literals = [...hosts].filter((host) => isIP(host) !== 0);
    const names = [...hosts].filter((host) => isIP(host) === 0);
    const added = names.filter((name) => !this.#ipsByName.has(name));
    this.#ipsByName = new Map(names.map((name) => [name, this.#ipsByName.get(name) ?? []]));
    this.#list();
    await this.#resolve(added);
  }

  /**
   * Whether a member calls from this IP address, however it is written: `::ffff:10.0.0.1` is
   * `10.0.0.1`. A member on loopback may call from any loopback address.
   */
  isMemberIp(ip: string): boolean {
    const plain = ip.replace(/%.*$/, "");
    return isIP(plain) !== 0 && this.#ips.check(plain, familyOf(plain));
  }

  async #resolveAll(): Promise<void> {
    await this.#resolve([...this.#ipsByName.keys()]);
  }

  async #resolve(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#resolveOne(name)));
  }

  /** A name that cannot be resolved keeps the addresses it had. */
  async #resolveOne(name: string): Promise<void> {
    let ips: readonly string[];
    try {
      ips = await this.#hostAddresses(name);
    } catch (error) {
      this.#logger.debug({ err: error, host: name }, "the host name of a member does not resolve");
      return;
    }
    const before = this.#ipsByName.get(name);
    if (before === undefined || before.join() === ips.join()) return;
    this.#ipsByName = new Map(this.#ipsByName).set(name, ips);
    this.#list();
  }

  #list(): void {
    const ips = new BlockList();
    for (const ip of [...this.#literals, ...[...this.#ipsByName.values()].flat()]) {
      if (loopback.check(ip, familyOf(ip))) {
        ips.addSubnet("127.0.0.0", 8, "ipv4");
        ips.addAddress("::1", "ipv6");
      } else {
        ips.addAddress(ip, familyOf(ip));
      }
    }
    this.#ips = ips;
  }
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function familyOf(ip: string): "ipv4" | "ipv6" {
  return isIPv6(ip) ? "ipv6" : "ipv4";
}
