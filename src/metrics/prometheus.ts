import { performance } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { BUCKETS, CATALOGUE } from "./catalogue.ts";
import { SAMPLES, type Sample, type SampledMetric, takeSnapshot } from "./samples.ts";
import type { MetricsSources } from "./sources.ts";

/** Of prom-client's own: they list every open socket per scrape, and half of them are gauges named like counters. */
const LEFT_OUT = ["handles", "requests", "resources"].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);

/** The broker's figures in Prometheus' text format. */
export class Metrics {
  readonly #sources: MetricsSources;
  readonly #registry = new Registry();
  readonly #sampled = new Map<SampledMetric, Counter | Gauge>();
  readonly #commitOperations: Histogram;
  readonly #commitBytes: Histogram;
  readonly #commitSeconds: Histogram;
  readonly #commitFailures: Counter;
  #lastUtilization = performance.eventLoopUtilization();

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    for (const name of Object.keys(SAMPLES) as SampledMetric[]) this.#sampled.set(name, this.#register(name));
    this.#commitOperations = this.#registerHistogram("causeway_commit_operations");
    this.#commitBytes = this.#registerHistogram("causeway_commit_size_bytes");
    this.#commitSeconds = this.#registerHistogram("causeway_commit_duration_seconds");
    this.#commitFailures = this.#register("causeway_commit_failures_total") as Counter;
    collectDefaultMetrics({ register: this.#registry });
    for (const name of LEFT_OUT) this.#registry.removeSingleMetric(name);
  }

  /** Of what `render` returns. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A batch is safe, `seconds` after it was handed to the store. */
  observeCommit(operations: number, bytes: number, seconds: number): void {
    this.#commitOperations.observe(operations);
    this.#commitBytes.observe(bytes);
    this.#commitSeconds.observe(seconds);
  }

  /** The store refused a batch; it will be tried again. */
  observeCommitFailure(): void {
    this.#commitFailures.inc();
  }

  render(): Promise<string> {
    const snapshot = takeSnapshot(this.#sources, this.#utilization());
    for (const [name, metric] of this.#sampled) fill(metric, SAMPLES[name](snapshot));
    return this.#registry.metrics();
  }

  /** Since the last call. */
  #utilization(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#lastUtilization);
    this.#lastUtilization = now;
    return utilization;
  }

  #register(name: SampledMetric | "causeway_commit_failures_total"): Counter | Gauge {
    const { type, help, labels } = CATALOGUE[name];
    const options = { name, help, labelNames: labels, registers: [this.#registry] };
    return type === "counter" ? new Counter(options) : new Gauge(options);
  }

  #registerHistogram(name: keyof typeof BUCKETS): Histogram {
    const { help } = CATALOGUE[name];
    return new Histogram({ name, help, buckets: [...BUCKETS[name]], registers: [this.#registry] });
  }
}

function fill(metric: Counter | Gauge, samples: readonly Sample[]): void {
  metric.reset();
  for (const [value, labels] of samples) metric.inc(labels ?? {}, value);
}
