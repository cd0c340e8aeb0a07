import { isIPv4 } from "node:net";
import type { Address, Clock, Logger, Millis } from "@nacre/core";
import { RepeatingTask } from "@nacre/engine";
import { addressOf, membersMax } from "../settings/addresses.ts";
import { type HostAddresses, systemHostAddresses } from "./host-addresses.ts";
import { ListOutlet } from "./list-outlet.ts";
import type { MemberLookup, OnAddresses } from "./member-lookup.ts";

/** What a {@link DnsLookup} needs from its surroundings. */
export interface DnsLookupDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** @defaultValue `systemHostAddresses` */
  readonly hostAddresses?: HostAddresses;
}

/** Which name a {@link DnsLookup} asks for, and how often. */
export interface DnsLookupOptions {
  readonly host: string;

  /** The port of every member. */
  readonly port: number;

  /** @defaultValue 5_000 */
  readonly intervalMs?: Millis;
}

/**
 * The lookup of members that are the addresses of one host name, such as a headless service. The name
 * must also give the addresses of members that are not ready yet (`publishNotReadyAddresses`).
 */
export class DnsLookup implements MemberLookup {
  readonly #logger: Logger;
  readonly #hostAddresses: HostAddresses;
  readonly #host: string;
  readonly #port: number;
  readonly #job: RepeatingTask;
  #outlet: ListOutlet | undefined;

  constructor(
    { clock, logger, hostAddresses = systemHostAddresses }: DnsLookupDependencies,
    { host, port, intervalMs = 5_000 }: DnsLookupOptions,
  ) {
    this.#logger = logger;
    this.#hostAddresses = hostAddresses;
    this.#host = host;
    this.#port = port;
    const name = "ask-for-members";
    this.#job = new RepeatingTask({ clock, logger }, { name, intervalMs, run: () => this.#look() });
  }

  /** A name that cannot be resolved yet is no failure: the first member of all may be this one. */
  async start(onAddresses: OnAddresses): Promise<void> {
    this.#outlet = new ListOutlet({ logger: this.#logger, onAddresses });
    await this.#look();
    if (this.#outlet !== undefined) this.#job.start();
  }

  stop(): void {
    this.#outlet = undefined;
    void this.#job.stop();
  }

  async #look(): Promise<void> {
    const outlet = this.#outlet;
    try {
      const ips = await this.#hostAddresses(this.#host);
      if (this.#outlet === outlet) outlet?.found(memberAddresses(ips, this.#port));
    } catch (error) {
      if (this.#outlet === outlet) outlet?.failed(error);
    }
  }
}

// With both families each member would be there twice, once under an address that is not its own.
function memberAddresses(ips: readonly string[], port: number): readonly Address[] {
  const ofFour = ips.filter((ip) => isIPv4(ip));
  const chosen = [...new Set(ofFour.length > 0 ? ofFour : ips)].toSorted();
  if (chosen.length > membersMax) throw new Error(`more than ${membersMax} addresses`);
  return chosen.map((ip) => addressOf(ip, port));
}
