/** The word of `known` that `word` is most likely a misspelling of, if any is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // Two letters swapped count two; a long word may hold one slip more.
  let bestDistance =
    word.length < 4 ? 2 : Math.max(3, Math.min(4, Math.floor(word.length / 5) + 1));
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** How many letters must be added, dropped or changed to make `from` into `to`. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
