import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { BUCKETS, CATALOGUE } from "./catalogue.ts";
import { MetricText } from "./metric-text.ts";
import { countOpenFiles } from "./open-files.ts";
import { SAMPLES, type SampledMetric, takeSnapshot } from "./samples.ts";
import type { MetricsSources } from "./sources.ts";

const OPEN_FILES = "process_open_fds";
/** Of prom-client's own: they list every open socket per scrape, and half of them are gauges named like counters. */
const LEFT_OUT = ["handles", "requests", "resources"]
  .flatMap((what) => [`nodejs_active_${what}`, `nodejs_active_${what}_total`])
  .concat(OPEN_FILES);

/**
 * The broker's figures in Prometheus' text format. What a scrape costs does not depend on how many clients there are:
 * nobody else may move while it is written.
 */
export class Metrics {
  readonly #sources: MetricsSources;
  readonly #registry = new Registry();
  readonly #sampled = new Map<SampledMetric, MetricText>();
  readonly #openFiles = new MetricText(OPEN_FILES, {
    type: "gauge",
    help: "Number of open file descriptors",
  });
  readonly #commitOperations: Histogram;
  readonly #commitBytes: Histogram;
  readonly #commitSeconds: Histogram;
  readonly #commitFailures: Counter;
  #lastUtilization = performance.eventLoopUtilization();

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    for (const name of Object.keys(SAMPLES) as SampledMetric[])
      this.#sampled.set(name, new MetricText(name, CATALOGUE[name]));
    this.#commitOperations = this.#registerHistogram("causeway_commit_operations");
    this.#commitBytes = this.#registerHistogram("causeway_commit_size_bytes");
    this.#commitSeconds = this.#registerHistogram("causeway_commit_duration_seconds");
    this.#commitFailures = this.#registerCounter("causeway_commit_failures_total");
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

  async render(): Promise<string> {
    const openFiles = await countOpenFiles();
    const snapshot = takeSnapshot(this.#sources, this.#utilization());
    let text = openFiles === undefined ? "" : this.#openFiles.write([[openFiles]]);
    for (const [name, metric] of this.#sampled) text += metric.write(SAMPLES[name](snapshot));
    await nextTurn(); // prom-client's part and the sending are turns of their own
    text += await this.#registry.metrics();
    await nextTurn();
    return text;
  }

  /** Since the last call. */
  #utilization(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#lastUtilization);
    this.#lastUtilization = now;
    return utilization;
  }

  #registerCounter(name: "causeway_commit_failures_total"): Counter {
    const { help } = CATALOGUE[name];
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #registerHistogram(name: keyof typeof BUCKETS): Histogram {
    const { help } = CATALOGUE[name];
    return new Histogram({ name, help, buckets: [...BUCKETS[name]], registers: [this.#registry] });
  }
}
