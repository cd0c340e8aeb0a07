import type { Address } from "@nacre/core";
import { addressOf, hostAndPortOf } from "../settings/addresses.ts";
import type { Machine } from "./machine.ts";

/** What {@link ownAddressOf} goes by. */
export interface OwnAddressClues {
  /** What the setting says; empty: nothing. */
  readonly configured: string;

  /** The port for clients. */
  readonly port: number;

  /** All members, as far as they are known. */
  readonly addresses: readonly Address[];
  readonly machine: Machine;
}

/**
 * The address of this member (`distro.md` 6.1): the one that is set; else the one that is listed with
 * our port and an address or the name of this machine; else the machine's first IPv4 address.
 *
 * Members compare addresses as texts, so when several listed ones fit, none is chosen.
 */
export function ownAddressOf({ configured, port, addresses, machine }: OwnAddressClues): Address {
  if (configured !== "") return configured;
  const hosts = addresses.map(hostAndPortOf).filter((listed) => listed.port === port);
  const byIp = hosts.filter(({ host }) => machine.ips.includes(host));
  const byName = hosts.filter(({ host }) => isNameOf(host, machine.hostName));
  const [found, second] = byIp.length > 0 ? byIp : byName;
  if (found !== undefined && second === undefined) return addressOf(found.host, port);
  return addressOf(machine.firstIp ?? "127.0.0.1", port);
}

/** Whether a listed host is the machine of that name, with or without its domain. */
function isNameOf(host: string, hostName: string): boolean {
  const [listed, own] = [host.toLowerCase(), hostName.toLowerCase()];
  return own !== "" && (listed === own || listed.startsWith(`${own}.`));
}
