import { type Address, type Clock, type Logger, NacreError } from "@nacre/core";
import type { MemberSource } from "../settings/member-source.ts";
import type { Settings } from "../settings/settings.ts";
import { AddressServerLookup } from "./address-server-lookup.ts";
import { ClusterConfLookup } from "./cluster-conf-lookup.ts";
import { DnsLookup } from "./dns-lookup.ts";
import { EarlyLookup } from "./early-lookup.ts";
import { type HostAddresses, systemHostAddresses } from "./host-addresses.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { fixedLookup, type MemberLookup } from "./member-lookup.ts";
import { ownAddressOf } from "./own-address.ts";

/** Who the members of the cluster are, and this one among them. */
export interface MemberSetup {
  /** Whether this member runs standalone. */
  readonly isAlone: boolean;

  /** The address of this member. */
  readonly self: Address;

  /** All that are listed at start, self among them if it is; none when this member runs alone. */
  readonly addresses: readonly Address[];

  /** Has looked already; whoever starts it is told of the newest list, and stops it in the end. */
  readonly lookup: MemberLookup;
}

/** What {@link memberSetup} needs from its surroundings. */
export interface MemberSetupDependencies {
  readonly clock: Clock;
  readonly logger: Logger;

  /** @defaultValue `systemHostAddresses` */
  readonly hostAddresses?: HostAddresses;

  /** @defaultValue `thisMachine` */
  readonly machine?: () => Machine;
}

/**
 * Finds out who the members are, and which of them this one is.
 *
 * @throws {@link NacreError} `INVALID_SETTING` when this member is not in a list that people write: the
 *   others would not take it for a member. `START_FAILED` when there is no list to be had. Nothing is
 *   left running then.
 */
export async function memberSetup(
  settings: Pick<Settings, "config" | "memberSource">,
  dependencies: MemberSetupDependencies,
): Promise<MemberSetup> {
  const { config, memberSource } = settings;
  const { logger, machine = thisMachine } = dependencies;
  const lookup = new EarlyLookup({ lookup: lookupOf(settings, dependencies) });
  const addresses = await lookup.firstLook();
  const { self: configured, port } = config;
  const self = ownAddressOf({ configured, port, addresses, machine: machine() });
  const isAlone = memberSource.kind === "none";
  if (!isAlone && !addresses.includes(self)) {
    if (isWritten(memberSource)) {
      lookup.stop();
      throw notListed({ self, isSet: configured !== "", addresses }, memberSource);
    }
    logger.warn({ self, members: addresses }, "this member is not among the listed members yet");
  }
  return { isAlone, self, addresses, lookup };
}

/** The setup of a member that runs alone. */
export function aloneSetup(port: number): MemberSetup {
  return { isAlone: true, self: `127.0.0.1:${port}`, addresses: [], lookup: fixedLookup([]) };
}

function lookupOf(
  { config, memberSource }: Pick<Settings, "config" | "memberSource">,
  { clock, logger, hostAddresses = systemHostAddresses }: MemberSetupDependencies,
): MemberLookup {
  switch (memberSource.kind) {
    case "none":
      return fixedLookup([]);
    case "setting":
      return fixedLookup(memberSource.addresses);
    case "file":
      return new ClusterConfLookup({ clock, logger }, memberSource);
    case "dns":
      return new DnsLookup({ clock, logger, hostAddresses }, memberSource);
    case "address-server":
      return new AddressServerLookup(
        { clock, logger },
        { url: memberSource.url, retryMax: config.addressServerRetryMax },
      );
  }
}

/** Whether people write the list; others follow who is running, and may know a member only then. */
function isWritten({ kind }: MemberSource): boolean {
  return kind === "setting" || kind === "file";
}

function notListed(
  own: {
    readonly self: Address;
    readonly isSet: boolean;
    readonly addresses: readonly Address[];
  },
  source: MemberSource,
): NacreError {
  const place = source.kind === "file" ? source.path : "nacos.member.list";
  return new NacreError(
    "INVALID_SETTING",
    `the address of this member ${own.isSet ? "is set to" : "appears to be"} ${own.self}, which is ` +
      `not among the members ${shown(own.addresses)} (${place}): list it there, or set ` +
      "nacos.inetutils.ip-address (NACOS_SERVER_IP, --self) to its address in the list",
  );
}

function shown(addresses: readonly Address[]): string {
  const first = addresses.slice(0, 10).join(", ");
  return addresses.length > 10 ? `${first} and ${addresses.length - 10} more` : first;
}
