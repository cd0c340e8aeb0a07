/** Stands below the title of every page that is written from the code. */
export const generatedNote = "<!-- Written by `npm run docs`; edits are lost. -->";

/** A table whose columns are as wide as their longest cell, as the formatter leaves them. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, at) => Math.max(3, ...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)));
  lines.splice(
    1,
    0,
    widths.map((width) => "-".repeat(width)),
  );
  return lines.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** Text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}
