import { validateHeaderName, validateHeaderValue } from "node:http";
import { NacreError } from "@nacre/core";
import { formatOrigin, type Settings } from "./settings.ts";

/**
 * Checks the header by which members know each other, and that it is there when it is all they have.
 *
 * @throws {@link NacreError} `INVALID_SETTING` when name and value make no header, one is missing, or
 *   both are while `peerSourceCheck` is off.
 */
export function checkPeerIdentity({ config, origins }: Pick<Settings, "config" | "origins">): void {
  const { serverIdentityKey: key, serverIdentityValue: value, peerSourceCheck } = config;
  if (key === "" && value === "") {
    if (peerSourceCheck) return;
    throw new NacreError(
      "INVALID_SETTING",
      `nacre.peer.source-check is false (${formatOrigin(origins.peerSourceCheck)}), so anybody could ` +
        "pass for a member: set nacos.core.auth.server.identity.key and .value at all members",
    );
  }
  if (key === "" || value === "") {
    const [missing, origin] =
      key === "" ? ["key", origins.serverIdentityValue] : ["value", origins.serverIdentityKey];
    throw new NacreError(
      "INVALID_SETTING",
      `nacos.core.auth.server.identity.${missing} is not set, the other half of it is ` +
        `(${formatOrigin(origin)})`,
    );
  }
  checkHeader(key, value);
}

function checkHeader(key: string, value: string): void {
  try {
    validateHeaderName(key);
    validateHeaderValue(key, value);
  } catch (error) {
    // The message of Node would show the value, which is a secret.
    throw new NacreError(
      "INVALID_SETTING",
      "nacos.core.auth.server.identity.key and .value make no HTTP header",
      { cause: error },
    );
  }
}
