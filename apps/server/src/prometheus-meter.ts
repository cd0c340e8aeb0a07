import type { Meter, ReadMetric, Sample } from "@nacre/core";

/** What a metric is called and what it means. */
export interface MetricDefinition {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly read: ReadMetric;

  /** The names of its labels; `undefined`: those that its samples have. */
  readonly labels: readonly string[] | undefined;
}

/**
 * A meter for Prometheus. It keeps nothing but the list of what was announced; values are read when
 * somebody scrapes, and the library that writes them is loaded at the first scrape.
 */
export class PrometheusMeter implements Meter {
  /** Everything announced, in that order. */
  readonly definitions: MetricDefinition[] = [];
  #scrape: (() => Promise<string>) | undefined;

  counter(name: string, help: string, read: ReadMetric, labels?: readonly string[]): void {
    this.definitions.push({ type: "counter", name, help, read, labels });
  }

  gauge(name: string, help: string, read: ReadMetric, labels?: readonly string[]): void {
    this.definitions.push({ type: "gauge", name, help, read, labels });
  }

  /** All metrics in Prometheus's text format, those of the process among them. */
  async text(): Promise<string> {
    this.#scrape ??= await this.#load();
    return this.#scrape();
  }

  async #load(): Promise<() => Promise<string>> {
    const { collectDefaultMetrics, Counter, Gauge, Registry } = await import("prom-client");
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    for (const definition of this.definitions) {
      const { type, name, help, read } = definition;
      const labelNames = [...labelNamesOf(definition)];
      const options = { name, help, labelNames, registers: [registry] };
      if (type === "counter") {
        new Counter({
          ...options,
          collect() {
            this.reset();
            for (const { labels, value } of samplesOf(read)) this.inc(labels, value);
          },
        });
      } else {
        new Gauge({
          ...options,
          collect() {
            this.reset();
            for (const { labels, value } of samplesOf(read)) this.set(labels, value);
          },
        });
      }
    }
    return () => registry.metrics();
  }
}

/** The names of the labels of a metric. */
export function labelNamesOf({ labels, read }: MetricDefinition): readonly string[] {
  return labels ?? [...new Set(samplesOf(read).flatMap((sample) => Object.keys(sample.labels)))];
}

function samplesOf(read: ReadMetric): readonly Sample[] {
  const value = read();
  return typeof value === "number" ? [{ labels: {}, value }] : value;
}
