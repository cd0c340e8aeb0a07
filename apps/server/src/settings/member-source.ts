import { isIPv6 } from "node:net";
import { dirname, join, resolve } from "node:path";
import { type Address, NacreError } from "@nacre/core";
import { hostAndPortOf, parseAddress, parseMemberList } from "./addresses.ts";
import type { Config } from "./config.ts";
import { memberSettings } from "./config-members.ts";
import { formatOrigin, type Settings } from "./settings.ts";
import { readSmallFile } from "./settings-file.ts";

/** Where the list of members comes from. */
export type MemberSource =
  /** Nowhere: the member runs alone. */
  | { readonly kind: "none" }
  | { readonly kind: "setting"; readonly addresses: readonly Address[] }
  /** A `cluster.conf`; the path is absolute. */
  | { readonly kind: "file"; readonly path: string }
  /** The addresses of a host name. */
  | { readonly kind: "dns"; readonly host: string; readonly port: number }
  | { readonly kind: "address-server"; readonly url: string };

/** What decides where the list of members comes from. */
export interface MemberSettings extends Pick<Settings, "config" | "origins"> {
  readonly folder: string;

  /** The settings file, if there is one; a `cluster.conf` may lie beside it. */
  readonly file: string | undefined;
}

/**
 * Finds out where members are listed, and so whether a member runs alone: when `standalone` is set, or
 * when there is no list and nobody asked for a cluster.
 *
 * @throws {@link NacreError} `INVALID_SETTING` when a list is asked for that is not there or cannot be
 *   read. A member that quietly ran alone would answer with a part of the instances.
 */
export function memberSourceOf(settings: MemberSettings): MemberSource {
  const { config, origins } = settings;
  if (config.standalone) return { kind: "none" };
  const source = listedSource(settings);
  if (source !== undefined) return source;
  if (origins.standalone.kind === "default") return { kind: "none" };
  throw new NacreError(
    "INVALID_SETTING",
    `nacos.standalone is false (${formatOrigin(origins.standalone)}), but no members are listed: ` +
      "set nacos.member.list (NACOS_SERVERS, --members), or write a cluster.conf",
  );
}

/** The address of this member with its port, or nothing when none is set. */
export function ownAddress(config: Config): string {
  return config.self === "" ? "" : (parseAddress(config.self, config.port) ?? config.self);
}

function listedSource(settings: MemberSettings): MemberSource | undefined {
  switch (settings.config.memberLookup) {
    case "file":
      return fileOrSetting(settings);
    case "dns":
      return dnsSource(settings.config) ?? missingName(settings);
    case "address-server":
      return addressServer(settings.config);
    case "auto":
      return (
        fileOrSetting(settings) ?? dnsSource(settings.config) ?? namedAddressServer(settings.config)
      );
  }
}

// Nacos takes the file first. Its image writes the file from the environment, and a flag is stronger
// still, so these outweigh a file that lies about.
function fileOrSetting(settings: MemberSettings): MemberSource | undefined {
  const { config, origins } = settings;
  const isListed = config.members.length > 0;
  const list: MemberSource = { kind: "setting", addresses: config.members };
  if (isListed && origins.members.kind !== "file") return list;
  const path = namedFile(settings) ?? foundFile(settings);
  if (path !== undefined) return { kind: "file", path: resolve(settings.folder, path) };
  return isListed ? list : undefined;
}

function namedFile({ config, folder }: MemberSettings): string | undefined {
  if (config.clusterConf === "") return undefined;
  const text = readSmallFile(folder, config.clusterConf, { mayMiss: false }) ?? "";
  if (parseMemberList(text, config.clusterConf).length === 0) {
    throw new NacreError("INVALID_SETTING", `${config.clusterConf} lists no members`);
  }
  return config.clusterConf;
}

function foundFile({ folder, file }: MemberSettings): string | undefined {
  const folders = new Set([...(file === undefined ? [] : [dirname(file)]), "conf"]);
  const paths = [...folders].map((each) => join(each, "cluster.conf"));
  return paths.find((path) => {
    const text = readSmallFile(folder, path, { mayMiss: true }) ?? "";
    return parseMemberList(text, path).length > 0;
  });
}

function dnsSource({ membersDns, port }: Config): MemberSource | undefined {
  if (membersDns === "") return undefined;
  const address = parseAddress(membersDns, port);
  return address === undefined ? undefined : { kind: "dns", ...hostAndPortOf(address) };
}

function missingName({ origins }: MemberSettings): never {
  throw new NacreError(
    "INVALID_SETTING",
    `nacos.core.member.lookup.type is dns (${formatOrigin(origins.memberLookup)}), but ` +
      "nacre.members-dns (--members-dns) names no host",
  );
}

// Another value than the default, and not one that is set: a file that spells out the defaults asks
// for nothing.
function namedAddressServer(config: Config): MemberSource | undefined {
  const { addressServerDomain: domain, addressServerUrl: url } = config;
  const isNamed = (domain !== "" && domain !== defaultDomain) || url !== "";
  return isNamed ? addressServer(config) : undefined;
}

function addressServer(config: Config): MemberSource {
  const { addressServerDomain, addressServerPort, addressServerUrl, contextPath } = config;
  const domain = addressServerDomain || defaultDomain;
  const host = isIPv6(domain) ? `[${domain}]` : domain;
  const path = addressServerUrl || `${contextPath}/serverlist`;
  const slash = path.startsWith("/") ? "" : "/";
  return { kind: "address-server", url: `http://${host}:${addressServerPort}${slash}${path}` };
}

const defaultDomain = memberSettings.addressServerDomain.default;
