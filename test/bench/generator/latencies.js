/** Enough for a minute at 20,000 messages per second; what comes later is not looked at. */
const MOST_SAMPLES = 1_200_000;

/** Milliseconds, kept one by one: percentiles are exact. */
export class Latencies {
  #samples = new Float64Array(MOST_SAMPLES);
  #count = 0;

  /** A message that says when it should have been sent. @param {Buffer} bytes @param {number} at Start of its payload. */
  take(bytes, at) {
    this.add(performance.now() - bytes.readDoubleLE(at));
  }

  add(milliseconds) {
    if (this.#count < MOST_SAMPLES) this.#samples[this.#count++] = milliseconds;
  }

  forget() {
    this.#count = 0;
  }

  summary() {
    const sorted = this.#samples.slice(0, this.#count).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return { p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), longestMs: at(1) };
  }
}
