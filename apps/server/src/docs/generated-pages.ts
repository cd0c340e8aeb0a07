import { errorCodes } from "@nacre/core";
import { type SettingName, settingNames, settingOf } from "../settings/config.ts";
import { idleSettings } from "../settings/nacos-settings.ts";
import { allowedText, flagOf, formatValue, variableOf } from "../settings/setting-values.ts";
import { compatibilityPage, type KnownDeviation } from "./compatibility-page.ts";
import { code, generatedNote, markdownTable } from "./markdown-table.ts";
import { metricsPage } from "./metrics-page.ts";

/** What pages are written from besides the code of the server. */
export interface PageSources {
  /** The content of `test/interop/deviations.json`. */
  readonly deviations: readonly KnownDeviation[];
}

/** The pages of `docs/` that are written from tables in the code, by file name. */
export const generatedPages: Readonly<Record<string, (sources: PageSources) => string>> = {
  "compatibility.md": compatibilityPage,
  "configuration.md": configurationPage,
  "errors.md": errorsPage,
  "metrics.md": metricsPage,
};

/** `docs/configuration.md`. */
function configurationPage(): string {
  const groups = [...new Set(settingNames.map((name) => settingOf(name).group))];
  const sections = groups.map((group) => {
    const names = settingNames.filter((name) => settingOf(name).group === group);
    const header = ["flag", "property", "environment", "default", "allowed", "what"];
    return `## ${group}\n\n${markdownTable(header, names.map(settingRow))}`;
  });
  return [configurationOpening, ...sections, idleSection()].join("\n");
}

/** `docs/errors.md`. */
function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([name, { status, help }]) => [
    code(name),
    String(status),
    help,
  ]);
  return `${errorsOpening}\n${markdownTable(["code", "status", "what it means"], rows)}`;
}

function settingRow(name: SettingName): readonly string[] {
  const { property, aliases = [], variables = [], description, ...setting } = settingOf(name);
  const value = formatValue(setting.default);
  return [
    code(`--${flagOf(name)}`),
    [property, ...aliases].map(code).join(", "),
    [variableOf(name), ...variables].map(code).join(", "),
    value === "" ? "empty" : code(value),
    allowedText(name),
    description,
  ];
}

function idleSection(): string {
  const rows = idleSettings.map(({ reason, properties, variables = [] }) => [
    [...properties, ...variables]
      .map((name) => code(/[._]$/.test(name) ? `${name}*` : name))
      .join(", "),
    reason,
  ]);
  return `## Settings of Nacos without effect

The log names them once at the start. An unknown property, or an unknown variable that starts with
\`NACRE_\`, is named in a warning.

${markdownTable(["setting", "why"], rows)}`;
}

const configurationOpening = `# Settings

${generatedNote}

What is set later wins: default, file, environment, flag. \`nacre config\` prints what is in force and
where each value comes from, as a file that can be given back.

- **File**: \`--config FILE\`, else the one that \`NACRE_CONFIG\` names, else
  \`conf/application.properties\` below the current folder if there is one. The format is that of Java
  properties, in UTF-8; \`\${NAME:default}\` stands for a variable of the environment or another
  property. Dashes, underscores and case of a property do not count, as in Spring.
- **Environment**: the variable in the table, or the property as Spring spells it
  (\`SERVER_SERVLET_CONTEXTPATH\`). An empty value counts as none where empty is not allowed.
- **Flag**: \`--flag value\` or \`--flag=value\`. A flag that is true or false may stand alone, and
  \`--no-flag\` turns it off.

Durations take milliseconds or \`500ms\`, \`20s\`, \`15m\`, \`2h\`, \`1d\`; sizes take bytes or
\`512KB\`, \`2MB\`, \`1GB\`. A value that is not allowed stops the start.

With members listed, in a setting, in \`conf/cluster.conf\` or elsewhere, a member is one of a cluster:
[operating](operating.md#run-several-members) says where lists come from. \`--standalone\` (or
\`MODE=standalone\`) runs it alone all the same.
`;

const errorsOpening = `# Errors

${generatedNote}

Failures that an operator or a caller can meet. The status is what Nacos 1.4.1 answers over HTTP in
the same case, which is often 500 where another would be natural: clients test for it.
`;
