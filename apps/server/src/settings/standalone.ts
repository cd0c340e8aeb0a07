import { dirname, join } from "node:path";
import { NacreError } from "@nacre/core";
import { parseAddress, parseClusterConf } from "./addresses.ts";
import type { Config } from "./config.ts";
import type { FoundText } from "./setting-reader.ts";
import { formatOrigin, type Settings } from "./settings.ts";
import { readSmallFile } from "./settings-file.ts";

/** What decides whether a member may run alone. */
export interface MemberSettings extends Pick<Settings, "config" | "origins"> {
  /** `nacos.core.member.lookup.type`, if it is set. */
  readonly lookupType: FoundText | undefined;
  readonly folder: string;

  /** The settings file, if there is one; a `cluster.conf` may lie beside it. */
  readonly file: string | undefined;
}

/**
 * Refuses to start as one of several members: this version runs standalone only, and a member that
 * quietly ran alone would answer with a part of the instances.
 *
 * @throws {@link NacreError} `INVALID_SETTING` unless `standalone` is set or no setting speaks of
 *   other members.
 */
export function refuseMembers(settings: MemberSettings): void {
  const { config, origins, lookupType } = settings;
  if (config.standalone) return;
  const confPath = clusterConfWithEntries(settings);
  if (confPath !== undefined) throw standaloneOnly(`members are listed in ${confPath}`);
  if (config.members.length > 0) {
    throw standaloneOnly(`members are listed (${formatOrigin(origins.members)})`);
  }
  if (lookupType?.text === "address-server") {
    throw standaloneOnly(
      `an address server is to list members (${formatOrigin(lookupType.origin)})`,
    );
  }
  if (origins.standalone.kind !== "default") {
    throw standaloneOnly(`nacos.standalone is false (${formatOrigin(origins.standalone)})`);
  }
}

/**
 * Refuses to start without the logins that somebody asked for.
 *
 * @throws {@link NacreError} `INVALID_SETTING` when `authEnabled` is true.
 */
export function refuseAccounts({ config, origins }: Pick<Settings, "config" | "origins">): void {
  if (config.authEnabled) {
    throw new NacreError(
      "INVALID_SETTING",
      `nacos.core.auth.enabled is true (${formatOrigin(origins.authEnabled)}), but this version has ` +
        "no accounts and would let everybody in; set it to false to start all the same",
    );
  }
}

/** The address of this member with its port, or nothing when none is set. */
export function ownAddress(config: Config): string {
  return config.self === "" ? "" : (parseAddress(config.self, config.port) ?? config.self);
}

function standaloneOnly(why: string): NacreError {
  return new NacreError(
    "INVALID_SETTING",
    `${why}, but this version runs standalone only: start it with --standalone ` +
      "(NACRE_STANDALONE=true, nacos.standalone=true) to run it alone",
  );
}

/** The `cluster.conf` that lists members: the one beside the settings file, or that of Nacos. */
function clusterConfWithEntries({ folder, file }: MemberSettings): string | undefined {
  const folders = new Set([...(file === undefined ? [] : [dirname(file)]), "conf"]);
  for (const each of folders) {
    const path = join(each, "cluster.conf");
    const entries = parseClusterConf(readSmallFile(folder, path, { mayMiss: true }) ?? "");
    const wrong = entries.find((entry) => parseAddress(entry.text) === undefined);
    if (wrong !== undefined) {
      throw new NacreError(
        "INVALID_SETTING",
        `${path}:${wrong.line} has ${JSON.stringify(wrong.text)}; ` +
          "allowed: ip, host, ip:port, host:port or [v6]:port",
      );
    }
    if (entries.length > 0) return path;
  }
  return undefined;
}
