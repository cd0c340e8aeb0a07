import { parseArguments } from "../arguments.ts";
import { wrap } from "../help.ts";
import { type SettingName, settingNames, settingOf } from "../settings/config.ts";
import { loadSettings } from "../settings/load-settings.ts";
import { formatProperty } from "../settings/properties.ts";
import { settingFlags } from "../settings/setting-flags.ts";
import { allowedText, formatValue } from "../settings/setting-values.ts";
import { formatOrigin, type Settings } from "../settings/settings.ts";
import { type ExitCode, exitCodes, type Shell } from "../shell.ts";

/** `nacre config`: prints the settings in force and where each comes from. */
export function printConfig(args: readonly string[], shell: Shell): ExitCode {
  const { flags } = parseArguments(args, settingFlags, 0);
  const settings = loadSettings({ flags, environment: shell.environment, folder: shell.folder });
  shell.print(annotatedSettings(settings));
  return exitCodes.ok;
}

/** The settings as a properties file with comments; reading it gives the same settings. */
export function annotatedSettings(settings: Settings): string {
  const lines = [
    "# The settings in force: what each is for, what is allowed, where the value comes from.",
    "# Give this file back with --config FILE.",
  ];
  let group = "";
  for (const name of settingNames) {
    const setting = settingOf(name);
    if (setting.group !== group) {
      group = setting.group;
      lines.push("", `#### ${group} ####`);
    }
    lines.push("", ...settingLines(name, settings));
  }
  for (const { message, fields } of settings.notices) {
    lines.push("", ...comment(`Note: ${message}: ${JSON.stringify(fields)}`));
  }
  return lines.join("\n");
}

function settingLines(name: SettingName, { config, origins }: Settings): readonly string[] {
  const { property, description } = settingOf(name);
  const line = formatProperty(property, formatValue(config[name]));
  // A member runs alone for want of others, and not alone when there are some. Setting that for good
  // would let it run alone when others are listed later, or not start without them.
  const isDerived = name === "standalone" && origins[name].kind === "default";
  return [
    ...comment(description),
    ...comment(`Allowed: ${allowedText(name)}.`),
    isDerived ? `# ${line}` : line,
    ...comment(
      `From: ${formatOrigin(origins[name])}${isDerived ? `, as ${config.standalone ? "no" : "some"} members are listed` : ""}`,
    ),
  ];
}

function comment(text: string): readonly string[] {
  return wrap(printable(text), 88).map((line) => `# ${line}`);
}

/** Names of files may hold line ends, which would end the comment. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
