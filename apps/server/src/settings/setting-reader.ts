import { NacreError } from "@nacre/core";
import { type SettingName, settingOf } from "./config.ts";
import { relaxed, springVariables } from "./nacos-settings.ts";
import { type Property, resolvePlaceholders } from "./properties.ts";
import type { SettingValue } from "./setting.ts";
import { allowedText, allowsEmpty, flagOf, parseSetting, variableOf } from "./setting-values.ts";
import { formatOrigin, type Origin, type SettingSources } from "./settings.ts";
import type { SettingsFile } from "./settings-file.ts";

/** Environment variables that have a value. */
export type Environment = Readonly<Record<string, string>>;

/**
 * The environment without what Kubernetes sets for a service called `nacre` or `server`, such as
 * `tcp://10.0.0.1:80`.
 */
export function ownVariables(environment: SettingSources["environment"]): Environment {
  // Without a prototype: names come from outside and are looked up here.
  const own: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !/^(?:tcp|udp|sctp):\/\/[^\s/]+:\d+$/.test(value)) own[name] = value;
  }
  return own;
}

/** What a source says about a setting. */
interface FoundText {
  readonly text: string;
  readonly origin: Origin;
}

/** Finds values in the sources: default, file, environment, flag; the later wins. */
export class SettingReader {
  readonly #flags: SettingSources["flags"];
  readonly #environment: Environment;
  readonly #file: SettingsFile | undefined;
  readonly #byKey: ReadonlyMap<string, Property>;

  constructor(
    flags: SettingSources["flags"],
    environment: Environment,
    file: SettingsFile | undefined,
  ) {
    this.#flags = flags;
    this.#environment = environment;
    this.#file = file;
    this.#byKey = new Map(file?.properties.map((property) => [relaxed(property.key), property]));
  }

  /**
   * The value of a setting.
   *
   * @throws {@link NacreError} `INVALID_SETTING` when it is not allowed.
   */
  read(name: SettingName): { readonly value: SettingValue; readonly origin: Origin } {
    for (const { text, origin } of this.#texts(name)) {
      const resolved = this.#resolve(text, origin);
      if (resolved.trim() === "" && !allowsEmpty(name)) continue;
      const value = parseSetting(name, modeText(origin, resolved));
      if (value === undefined) throw invalid(name, origin, resolved);
      return { value, origin };
    }
    return { value: settingOf(name).default, origin: { kind: "default" } };
  }

  /** What the sources say about a setting, the strongest first. */
  #texts(name: SettingName): readonly FoundText[] {
    const flag = flagOf(name);
    const text = this.#flags[flag];
    return [
      ...(text === undefined ? [] : [{ text, origin: { kind: "flag", name: flag } as const }]),
      ...this.#variableTexts(variablesOf(name)),
      ...this.#fileTexts(propertiesOf(name)),
    ];
  }

  #variableTexts(names: readonly string[]): readonly FoundText[] {
    return names.flatMap((name) => {
      const text = this.#environment[name];
      return text === undefined ? [] : [{ text, origin: { kind: "environment", name } as const }];
    });
  }

  #fileTexts(properties: readonly string[]): readonly FoundText[] {
    const path = this.#file?.path ?? "";
    return properties.flatMap((property) => {
      const found = this.#byKey.get(relaxed(property));
      return found === undefined
        ? []
        : [{ text: found.value, origin: { kind: "file", path, line: found.line } as const }];
    });
  }

  #resolve(text: string, origin: Origin): string {
    const resolved = resolvePlaceholders(text, (name) => this.#placeholder(name));
    if (typeof resolved !== "string") {
      const what = `the placeholder \${${resolved.missing}}`;
      throw new NacreError("INVALID_SETTING", `${what} has no value (${formatOrigin(origin)})`);
    }
    return resolved;
  }

  #placeholder(name: string): string | undefined {
    for (const variable of [name, ...springVariables(name)]) {
      const value = this.#environment[variable];
      if (value !== undefined) return value;
    }
    return this.#byKey.get(relaxed(name))?.value;
  }
}

/** The names of a setting in `application.properties`, the strongest first. */
export function propertiesOf(name: SettingName): readonly string[] {
  const { property, aliases = [] } = settingOf(name);
  return [property, ...aliases];
}

/** The environment variables that mean a setting, the strongest first. */
export function variablesOf(name: SettingName): readonly string[] {
  const { variables = [] } = settingOf(name);
  const ofSpring = propertiesOf(name).flatMap(springVariables);
  return [...new Set([variableOf(name), ...ofSpring, ...variables])];
}

/** The words that the official image takes in `MODE`, as values of `standalone`. */
const modes: ReadonlyMap<string, string> = new Map([
  ["standalone", "true"],
  ["cluster", "false"],
]);

function modeText(origin: Origin, text: string): string {
  return isMode(origin) ? (modes.get(text.trim().toLowerCase()) ?? "neither") : text;
}

function isMode(origin: Origin): boolean {
  return origin.kind === "environment" && origin.name === "MODE";
}

function invalid(name: SettingName, origin: Origin, text: string): NacreError {
  const allowed = isMode(origin) ? [...modes.keys()].join(", ") : allowedText(name);
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
  return new NacreError(
    "INVALID_SETTING",
    `${settingOf(name).property} is ${shown} (${formatOrigin(origin)}); allowed: ${allowed}`,
  );
}
