/** From the start of the process to its first answer. */

import { timeStart } from "../servers.mjs";
import { spread } from "../stats.mjs";

const STARTS = 10;

/** @param {object} context */
export async function runStart({ nacre, say }) {
  const seconds = [];
  for (let start = 1; start <= STARTS; start++) {
    seconds.push((await timeStart(nacre)) / 1_000);
    say(`start: ${start} of ${STARTS}: ${seconds.at(-1).toFixed(3)} s`);
  }
  const { median, min, max } = spread(seconds);
  return {
    title: `start (${STARTS} starts, spawn to first 200, not pinned)`,
    figures: [{ name: "first answer after", value: median, min, max, unit: "s", limit: 0.6 }],
    seconds,
  };
}
