import { nearest } from "../nearest.ts";
import { type Config, settingNames, settingOf } from "./config.ts";
import { idleSettingsOf, idleVariablesOf, type IdleSettings, relaxed } from "./nacos-settings.ts";
import { type Environment, propertiesOf, variablesOf } from "./setting-reader.ts";
import type { Notice } from "./settings.ts";
import type { SettingsFile } from "./settings-file.ts";

/** What the log shall say about the settings: unknown names, names without effect, traps. */
export function settingNotices(
  config: Config,
  environment: Environment,
  file: SettingsFile | undefined,
): readonly Notice[] {
  const keys = [...new Set(file?.properties.map((property) => property.key))];
  return [
    unknownNotice(keys, environment, file),
    idleNotice(keysWithValue(file), environment),
    memberNotice(config),
    loopbackNotice(config, environment, file),
  ].filter((notice) => notice !== undefined);
}

/** An empty value asks for nothing, and the file that comes with Nacos has several. */
function keysWithValue(file: SettingsFile | undefined): readonly string[] {
  const properties = file?.properties.filter(({ value }) => value.trim() !== "");
  return [...new Set(properties?.map(({ key }) => key))];
}

function unknownNotice(
  keys: readonly string[],
  environment: Environment,
  file: SettingsFile | undefined,
): Notice | undefined {
  const properties = keys
    .filter((key) => !knownProperties.has(relaxed(key)) && idleSettingsOf(key) === undefined)
    .map((key) => withSuggestion(key, propertyNames));
  const variables = Object.keys(environment)
    .filter((name) => name.startsWith("NACRE_") && !isKnownVariable(name))
    .map((name) => withSuggestion(name, [...knownVariables]));
  if (properties.length + variables.length === 0) return undefined;
  return {
    level: "warn",
    message: "some settings are unknown and have no effect",
    fields: {
      ...(properties.length > 0 && { file: file?.path, properties }),
      ...(variables.length > 0 && { variables }),
    },
  };
}

function idleNotice(keys: readonly string[], environment: Environment): Notice | undefined {
  const found = [
    ...keys
      .filter((key) => !knownProperties.has(relaxed(key)))
      .map((name) => ({ name, idle: idleSettingsOf(name) })),
    ...Object.keys(environment)
      .filter((name) => environment[name] !== "" && !knownVariables.has(name))
      .map((name) => ({ name, idle: idleVariablesOf(name) })),
  ].filter((each): each is { name: string; idle: IdleSettings } => each.idle !== undefined);
  if (found.length === 0) return undefined;
  const byReason: Record<string, readonly string[]> = {};
  for (const { name, idle } of found) {
    byReason[idle.reason] = [...(byReason[idle.reason] ?? []), name];
  }
  const isMissed = found.some(({ idle }) => idle.isMissed === true);
  return {
    level: isMissed ? "warn" : "info",
    message: "some settings of Nacos have no effect in this version",
    fields: { reasons: byReason },
  };
}

function memberNotice(config: Config): Notice | undefined {
  if (!config.standalone || config.members.length === 0) return undefined;
  return {
    level: "warn",
    message: "members are listed but this member runs standalone",
    fields: { members: config.members },
  };
}

/** Nacos listens on every address, so somebody who comes from Nacos does not expect less. */
function loopbackNotice(
  config: Config,
  environment: Environment,
  file: SettingsFile | undefined,
): Notice | undefined {
  const comesFromNacos = file !== undefined || imageVariables.some((name) => name in environment);
  if (config.host !== "" || !config.standalone || !comesFromNacos) return undefined;
  return {
    level: "warn",
    message: "only this machine can reach a standalone member unless an address is set",
    fields: { property: "server.address", variable: "NACRE_HOST", example: "0.0.0.0" },
  };
}

const propertyNames = settingNames.flatMap(propertiesOf);
const knownProperties: ReadonlySet<string> = new Set(propertyNames.map(relaxed));
const imageVariables = settingNames.flatMap((name) => settingOf(name).variables ?? []);
const knownVariables: ReadonlySet<string> = new Set([
  "NACRE_CONFIG",
  ...settingNames.flatMap(variablesOf),
]);

/** Kubernetes sets such variables for a service that is called `nacre`. */
const serviceLink =
  /^NACRE_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT|PORT_\d+_(?:TCP|UDP|SCTP))(?:_\w+)?$/;

function isKnownVariable(name: string): boolean {
  return knownVariables.has(name) || serviceLink.test(name);
}

function withSuggestion(name: string, known: readonly string[]): string {
  const suggestion = nearest(name, known);
  return suggestion === undefined ? name : `${name} (meant: ${suggestion}?)`;
}
