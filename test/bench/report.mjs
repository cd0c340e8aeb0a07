/** Puts results into words. */

import { cpus, loadavg } from "node:os";
import { cores } from "./servers.mjs";

/**
 * A figure that either has a target or only informs.
 *
 * @typedef {object} Figure
 * @property {string} name
 * @property {number | undefined} value
 * @property {string} [unit]
 * @property {number} [min] of several runs
 * @property {number} [max] of several runs
 * @property {number} [limit] the most that is allowed
 */

/**
 * @param {Figure} figure
 * @returns {"PASS" | "over" | "not measured" | ""} empty without a target
 */
export function verdict({ value, limit }) {
  if (limit === undefined) return "";
  if (value === undefined || Number.isNaN(value)) return "not measured";
  return value <= limit ? "PASS" : "over";
}

/**
 * @param {string} title
 * @param {Figure[]} figures
 * @returns {string}
 */
export function figuresTable(title, figures) {
  const rows = figures.map((figure) => [
    figure.name,
    `${format(figure.value)} ${figure.unit ?? ""}`.trim(),
    figure.min === undefined ? "" : `${format(figure.min)} - ${format(figure.max)}`,
    figure.limit === undefined ? "" : `<= ${figure.limit}`,
    verdict(figure),
  ]);
  return `${title}\n${table([["", "median", "spread", "target", ""], ...rows])}`;
}

/**
 * Aligns columns; the first row is the heading.
 *
 * @param {string[][]} rows
 * @returns {string}
 */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join("\n");
}

/**
 * @param {number | undefined} value
 * @returns {string} three digits that count
 */
export function format(value) {
  if (value === undefined || Number.isNaN(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** What the figures depend on, besides the code. */
export function environment() {
  const [{ model }] = cpus();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: model.trim(),
    cores: cpus().length,
    pinned: cores.server !== undefined,
    loadAverage: loadavg()[0],
  };
}

/** @returns {string} */
export function heading() {
  const { node, platform, cpu, cores: count, pinned, loadAverage } = environment();
  const pinning = pinned
    ? `server on core ${cores.server}, load on core ${cores.load}`
    : "NOT PINNED: server and load share all cores";
  const busy = loadAverage > 0.5 ? `; load average ${loadAverage.toFixed(1)} before the bench` : "";
  return `node ${node}, ${platform}, ${count} x ${cpu}; ${pinning}${busy}`;
}
