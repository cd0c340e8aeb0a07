import type { RecordedCase } from "../kit/recordings.ts";
import type { LeftOut } from "./scope.ts";

/** What became of a case. */
export type Fate = "passed" | "failed" | "in life-cycle.test.ts" | LeftOut;

/** Counts what became of cases, by section. */
export class Tally {
  readonly #fates = new Map<RecordedCase, Fate>();

  note(recorded: RecordedCase, fate: Fate): void {
    this.#fates.set(recorded, fate);
  }

  /** One line per section: how many passed and failed, and which cases were not run, and why. */
  table(): string {
    const sections = [...new Set([...this.#fates.keys()].map(({ section }) => section))].sort();
    const rows = sections.map((section) => this.#row(section));
    const width = Math.max(...rows.map(([name]) => name.length));
    const line = ([name, passed, failed, others]: Row): string =>
      `${name.padEnd(width)} ${passed.padStart(6)} ${failed.padStart(6)}  ${others}`;
    return [["section", "passed", "failed", "not run"] as const, ...rows].map(line).join("\n");
  }

  #row(section: string): Row {
    const inSection = [...this.#fates].filter(([recorded]) => recorded.section === section);
    const ids = (fate: Fate): string[] =>
      inSection
        .filter(([, other]) => other === fate)
        .map(([{ id }]) => id)
        .toSorted();
    const others = [...new Set(inSection.map(([, fate]) => fate))]
      .filter((fate) => fate !== "passed" && fate !== "failed")
      .map((fate) => `${ids(fate).length} ${fate}: ${ids(fate).join(" ")}`);
    const failed = ids("failed");
    const details = failed.length > 0 ? [`failed: ${failed.join(" ")}`, ...others] : others;
    return [section, `${ids("passed").length}`, `${failed.length}`, details.join("; ")];
  }
}

type Row = readonly [section: string, passed: string, failed: string, others: string];
