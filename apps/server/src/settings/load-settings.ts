import { checkPeerIdentity } from "./check-peer-identity.ts";
import { type Config, type SettingName, settingNames } from "./config.ts";
import { memberSourceOf, ownAddress } from "./member-source.ts";
import { settingNotices } from "./notices.ts";
import { refuseAccounts } from "./refuse-accounts.ts";
import type { SettingValue } from "./setting.ts";
import { ownVariables, SettingReader } from "./setting-reader.ts";
import type { Origin, Settings, SettingSources } from "./settings.ts";
import { readSettingsFile } from "./settings-file.ts";

/**
 * Finds the value of every setting: default, file, environment, flag; the later wins.
 *
 * @throws {@link NacreError} `INVALID_SETTING` when a value is not allowed or asks for what this
 *   version cannot do, and `START_FAILED` when the file cannot be read. The message is one line.
 */
export function loadSettings(sources: SettingSources): Settings {
  const file = readSettingsFile(sources);
  const environment = ownVariables(sources.environment);
  const reader = new SettingReader(sources.flags, environment, file);
  const values: Partial<Record<SettingName, SettingValue>> = {};
  const found: Partial<Record<SettingName, Origin>> = {};
  for (const name of settingNames) {
    const { value, origin } = reader.read(name);
    values[name] = value;
    found[name] = origin;
  }
  // Every name of the table has been read, each with the type that the table gives it.
  const read = values as unknown as Config;
  const origins = found as Readonly<Record<SettingName, Origin>>;
  refuseAccounts({ config: read, origins });
  const { folder } = sources;
  const memberSource = memberSourceOf({ config: read, origins, folder, file: file?.path });
  const standalone = memberSource.kind === "none";
  if (!standalone) checkPeerIdentity({ config: read, origins });
  const config: Config = { ...read, standalone, self: ownAddress(read) };
  const notices = settingNotices(config, environment, file);
  return { config, origins, notices, memberSource };
}
