import { readFileSync } from "node:fs";
import type { Address } from "../kit/raw-http.ts";
import type { ExpectedResponse, RecordedCase } from "../kit/recordings.ts";
import { parseJson } from "../kit/json.ts";
import { replay } from "../kit/replay.ts";

/** What stands in for a recorded answer; what is left out is not compared. */
interface DeviatingStep {
  /** Position of the step, from 0. */
  readonly step: number;
  readonly status?: number;
  readonly contentType?: string | null;
  readonly body?: unknown;
  readonly match?: ExpectedResponse["match"];
}

/** Something that Nacre answers otherwise than the recorded server, on purpose. */
export interface Deviation {
  /** The case that shows it. */
  readonly id?: string;
  /** The endpoint, where no recorded case shows it; `case` names one that touches it. */
  readonly endpoint?: string;
  readonly case?: string;
  /** What Nacre does. */
  readonly nacre: string;
  readonly why: string;
  readonly expect?: readonly DeviatingStep[];
}

/** The deviations that are known. */
export const deviations = JSON.parse(
  readFileSync(new URL("./deviations.json", import.meta.url), "utf8"),
) as readonly Deviation[];

/** The deviation that a case shows. */
function deviationOf({ id }: { readonly id: string }): Deviation | undefined {
  return deviations.find((deviation) => deviation.id === id || deviation.case === id);
}

/** Whether it is listed that Nacre answers otherwise than it was recorded. */
export function isDeviating(recorded: { readonly id: string }): boolean {
  return deviationOf(recorded) !== undefined;
}

/** What Nacre answers instead of what was recorded, by position of the step; where that is listed. */
export function answersInstead(recorded: {
  readonly id: string;
}): ReadonlyMap<number, ExpectedResponse> | undefined {
  const steps = deviationOf(recorded)?.expect;
  return steps && new Map(steps.map((step) => [step.step, expectationOf(step)]));
}

/**
 * Replays a case against what this version promises: the recording, or the deviation from it.
 *
 * A deviation without `expect` holds when the recorded answer does not come.
 *
 * @returns one line per difference
 */
export async function verify(
  recorded: RecordedCase,
  options: { readonly address: Address; readonly run: string },
): Promise<string[]> {
  const deviation = deviationOf(recorded);
  if (deviation === undefined) return await replay(recorded, options);
  const instead = answersInstead(recorded);
  if (instead !== undefined) return await replay(recorded, { ...options, instead });
  const found = await replay(recorded, options);
  return found.length > 0 ? [] : [`answers as recorded, yet is listed: ${deviation.nacre}`];
}

function expectationOf(step: DeviatingStep): ExpectedResponse {
  const { status, contentType, body, match = "any" } = step;
  return {
    ...(status !== undefined && { status }),
    ...(contentType !== undefined && { contentType }),
    body: body === undefined ? undefined : parseJson(JSON.stringify(body)),
    match,
  };
}
