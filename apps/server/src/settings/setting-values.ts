import { isIP } from "node:net";
import { isHostName, isNetwork, parseAddress } from "./addresses.ts";
import { type SettingName, settingOf } from "./config.ts";
import type { ListSetting, NumberSetting, SettingValue, StringSetting } from "./setting.ts";

/**
 * Reads the value of a setting from text.
 *
 * @returns `undefined` when the value is not allowed; {@link allowedText} says what is.
 */
export function parseSetting(name: SettingName, text: string): SettingValue | undefined {
  const setting = settingOf(name);
  switch (setting.type) {
    case "boolean":
      return parseBoolean(text);
    case "integer":
    case "number":
      return parseNumber(name, setting, text);
    case "array":
      return parseList(setting, text);
    case "string":
      return parseText(setting, text.trim());
  }
}

/** Writes the value of a setting so that {@link parseSetting} reads it back. */
export function formatValue(value: SettingValue): string {
  return typeof value === "object" ? value.join(",") : String(value);
}

/** Whether an empty text is a value of the setting and not the same as none. */
export function allowsEmpty(name: SettingName): boolean {
  return parseSetting(name, "") !== undefined;
}

/** Says which values of a setting are allowed, to stand after "allowed: ". */
export function allowedText(name: SettingName): string {
  const setting = settingOf(name);
  switch (setting.type) {
    case "boolean":
      return "true or false";
    case "integer":
    case "number":
      return `${setting.minimum} to ${setting.maximum}${unitText(name)}`;
    case "array":
      return formatText(setting);
    case "string":
      return setting.enum?.join(", ") ?? formatText(setting);
  }
}

/** The flag of a setting, without its two dashes. */
export function flagOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The environment variable of a setting. */
export function variableOf(name: SettingName): string {
  return `NACRE_${flagOf(name).toUpperCase().replaceAll("-", "_")}`;
}

function formatText({ type, format, default: byDefault }: StringSetting | ListSetting): string {
  if (format === undefined) return "any text";
  switch (format) {
    case "host":
      return "an IP address or a host name, or empty";
    case "context-path":
      return "a path that starts with /, without one at the end";
    case "network":
      return "IP addresses or CIDR ranges, comma-separated";
    case "address":
      return type === "array"
        ? "ip, host, ip:port, host:port or [v6]:port, comma-separated"
        : "ip, host, ip:port, host:port or [v6]:port, or empty";
    case "path":
      return byDefault === "" ? "a path, or empty" : "a path";
  }
}

function unitText(name: SettingName): string {
  if (name.endsWith("Bytes")) return " bytes, or a size such as 2MB";
  return name.endsWith("Ms") ? " ms, or a duration such as 20s" : "";
}

// The words of Spring's converter.
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["true", "on", "yes", "1"].map((word) => [word, true] as const),
  ...["false", "off", "no", "0"].map((word) => [word, false] as const),
]);

function parseBoolean(text: string): boolean | undefined {
  return booleans.get(text.trim().toLowerCase());
}

function parseNumber(name: SettingName, setting: NumberSetting, text: string): number | undefined {
  const value = readNumber(name, text.trim());
  const isAllowed =
    value !== undefined &&
    value >= setting.minimum &&
    value <= setting.maximum &&
    (setting.type === "number" || Number.isInteger(value));
  return isAllowed ? value : undefined;
}

function readNumber(name: SettingName, text: string): number | undefined {
  if (/^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text);
  if (name.endsWith("Bytes")) {
    return parseWithUnit(text, /^(\d{1,15})\s*(b|kb|mb|gb)$/i, {
      b: 1,
      kb: 1024,
      mb: mega,
      gb: giga,
    });
  }
  return name.endsWith("Ms") ? parseDurationMs(text) : undefined;
}

const mega = 1024 ** 2;
const giga = 1024 ** 3;

/** Reads `500ms`, `20s`, `15m`, `2h`, `1d`, or `PT20S` as Java writes it; `undefined` if neither. */
export function parseDurationMs(text: string): number | undefined {
  const iso = /^PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?$/i.exec(text);
  if (iso !== null && text.length > 2) {
    const [hours, minutes, seconds] = [1, 2, 3].map((part) => Number(iso[part] ?? 0));
    return Math.round((((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000);
  }
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return parseWithUnit(text, /^(\d{1,12})\s*(ms|s|m|h|d)$/i, units);
}

function parseWithUnit(
  text: string,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const match = pattern.exec(text);
  const unit = units[match?.[2]?.toLowerCase() ?? ""];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

function parseList(setting: ListSetting, text: string): readonly string[] | undefined {
  const items = text.split(/[\s,]+/).filter((item) => item !== "");
  if (setting.format === "network") return items.every(isNetwork) ? items : undefined;
  const addresses = items.map((item) => parseAddress(item));
  return addresses.every((address) => address !== undefined) ? [...new Set(addresses)] : undefined;
}

function parseText(setting: StringSetting, text: string): string | undefined {
  if (setting.enum !== undefined) return setting.enum.find((word) => word === text.toLowerCase());
  switch (setting.format) {
    case "host":
      return parseHost(text);
    case "context-path":
      return parseContextPath(text);
    case "address":
      return parseSelf(text);
    case "path":
    case undefined:
      // Empty is a value only where it is the default.
      return text === setting.default || (text !== "" && !/\0|\$\{/.test(text)) ? text : undefined;
  }
}

// The port is added when `server.port` is known.
function parseSelf(text: string): string | undefined {
  const address = isIP(text) === 6 ? `[${text}]` : text;
  return address === "" || parseAddress(address) !== undefined ? address : undefined;
}

function parseHost(text: string): string | undefined {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  return text === "" || isIP(host) !== 0 || isHostName(text) ? host : undefined;
}

function parseContextPath(text: string): string | undefined {
  if (text === "/") return "";
  return text === "" || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(text) ? text : undefined;
}
