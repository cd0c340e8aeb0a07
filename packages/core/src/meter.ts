/** One value of a series, with the labels that tell it from its siblings. */
export interface Sample {
  /** Bounded: a peer or a cause may be a label, a service may not. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric is worth at this moment: one number, or one per set of labels. */
export type ReadMetric = () => number | readonly Sample[];

/**
 * Port: where components announce their metrics.
 *
 * Metrics are pulled. A component counts in plain fields, which costs a hot path nothing, and hands
 * over a function that reads them when somebody asks.
 */
export interface Meter {
  /**
   * A total that only grows. By convention its name ends in `_total`.
   *
   * @param labels the names of its labels, where there may be no sample at first
   */
  counter(name: string, help: string, read: ReadMetric, labels?: readonly string[]): void;

  /** A level that rises and falls; `labels` as above. */
  gauge(name: string, help: string, read: ReadMetric, labels?: readonly string[]): void;
}
