import { NacreError } from "@nacre/core";
import { formatOrigin, type Settings } from "./settings.ts";

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
