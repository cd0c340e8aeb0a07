import { type Clock } from "@nacre/core";
import { parseDurationMs } from "./settings/setting-values.ts";

/** An instant as people of this machine's time zone write it: `2026-03-01T10:00:00.000+01:00`. */
export function formatLocalTime(epochMs: number): string {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatOfParts.formatToParts(epochMs)) {
    parts[type] = value;
  }
  const date = `${parts.year}-${parts.month}-${parts.day}`;
  const time = `${parts.hour}:${parts.minute}:${parts.second}.${parts.fractionalSecond}`;
  const offset = parts.timeZoneName?.slice("GMT".length) ?? "";
  return `${date}T${time}${offset === "" ? "Z" : offset}`;
}

/**
 * Reads an age such as `15m`, an ISO time, or epoch milliseconds.
 *
 * @returns epoch milliseconds, or `undefined` for anything else.
 */
export function parseInstant(text: string, clock: Pick<Clock, "epochMs">): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const ageMs = parseDurationMs(text);
  if (ageMs !== undefined) return Math.round(clock.epochMs() - ageMs);
  // Reads text, not a clock.
  // oxlint-disable-next-line no-restricted-globals
  const epochMs = /^\d{4}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

const formatOfParts = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
  timeZoneName: "longOffset",
});
