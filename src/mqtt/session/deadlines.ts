/** Seconds of absence before something falls due, for any number of keys: one bucket per second, no timer per key. */
export class Deadlines<Key> {
  readonly #due: (key: Key) => void;
  readonly #secondOf = new Map<Key, number>();
  readonly #buckets = new Map<number, Set<Key>>();
  #lastSecond: number;

  /** `now` in milliseconds since the epoch. */
  constructor(now: number, due: (key: Key) => void) {
    this.#lastSecond = Math.floor(now / 1000);
    this.#due = due;
  }

  get size(): number {
    return this.#secondOf.size;
  }

  /** Falls due at the first `advance` at or after `at` (milliseconds since the epoch); replaces an earlier one. */
  set(key: Key, at: number): void {
    this.cancel(key);
    const second = Math.max(Math.ceil(at / 1000), this.#lastSecond + 1);
    this.#secondOf.set(key, second);
    const bucket = this.#buckets.get(second);
    if (bucket === undefined) this.#buckets.set(second, new Set([key]));
    else bucket.add(key);
  }

  /** Returns whether there was one. */
  cancel(key: Key): boolean {
    const second = this.#secondOf.get(key);
    if (second === undefined) return false;
    this.#secondOf.delete(key);
    const bucket = this.#buckets.get(second);
    bucket?.delete(key);
    if (bucket?.size === 0) this.#buckets.delete(second);
    return true;
  }

  /** Runs what fell due up to `now`; a clock set back delays, a clock set forward hurries. */
  advance(now: number): void {
    const upTo = Math.floor(now / 1000);
    if (upTo - this.#lastSecond > this.#buckets.size) this.#advanceOver([...this.#buckets.keys()], upTo);
    else for (let second = this.#lastSecond + 1; second <= upTo; second++) this.#runBucket(second);
    this.#lastSecond = Math.max(this.#lastSecond, upTo);
  }

  #advanceOver(seconds: number[], upTo: number): void {
    for (const second of seconds.sort((a, b) => a - b)) {
      if (second <= upTo) this.#runBucket(second);
    }
  }

  #runBucket(second: number): void {
    const bucket = this.#buckets.get(second);
    if (bucket === undefined) return;
    this.#buckets.delete(second);
    this.#lastSecond = Math.max(this.#lastSecond, second); // what is set meanwhile falls due later
    for (const key of bucket) {
      if (this.#secondOf.get(key) !== second) continue; // cancelled, or set anew, by one before it
      this.#secondOf.delete(key);
      this.#due(key);
    }
  }
}
