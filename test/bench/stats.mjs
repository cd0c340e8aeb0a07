/** Numbers about many numbers. */

/**
 * Collects numbers without an object per number.
 */
export class Samples {
  #values = new Float64Array(1 << 16);
  #count = 0;

  /** @param {number} value */
  add(value) {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  get count() {
    return this.#count;
  }

  /** @returns {{ count: number, p50: number, p99: number, max: number }} zeros when empty */
  summary() {
    const sorted = this.#values.slice(0, this.#count).toSorted();
    return {
      count: this.#count,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      max: sorted.at(-1) ?? 0,
    };
  }
}

/**
 * @param {ArrayLike<number>} sorted ascending
 * @param {number} share 0 … 1
 * @returns {number} the smallest value that at least `share` of all values do not exceed
 */
function percentile(sorted, share) {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}

/**
 * @param {number[]} values at least one
 * @returns {{ median: number, min: number, max: number }}
 */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * @param {number[]} values at least one
 * @returns {number}
 */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
