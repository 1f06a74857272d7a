/** Seconds of one coarse bucket: what is further away than that stands in one of these until it is near. */
const COARSE_SECONDS = 64;
/** Keys spread for each that may fall due: spreading one costs so much less. */
const SPREAD_PER_DUE = 16;

/**
 * Seconds of absence before something falls due, for a million keys: no timer per key, and no bucket per second but
 * for the next minute or two.
 *
 *     near: second ─▶ keys        far: 64 seconds ─▶ keys, spread over seconds when their time comes
 */
export class Deadlines<Key> {
  readonly #due: (key: Key) => void;
  readonly #secondOf = new Map<Key, number>();
  readonly #near = new Map<number, Set<Key>>();
  readonly #far = new Map<number, Set<Key>>();
  #lastSecond: number;
  /** Far buckets below get no more keys, and are spread. */
  #spreadEnd: number;

  /** `now` in milliseconds since the epoch. */
  constructor(now: number, due: (key: Key) => void) {
    this.#lastSecond = Math.floor(now / 1000);
    this.#spreadEnd = coarse(this.#lastSecond) + 1;
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
    if (coarse(second) < this.#spreadEnd) put(this.#near, second, key);
    else put(this.#far, coarse(second), key);
  }

  /** Returns whether there was one. */
  cancel(key: Key): boolean {
    const second = this.#secondOf.get(key);
    if (second === undefined) return false;
    this.#secondOf.delete(key);
    take(this.#near, second, key);
    take(this.#far, coarse(second), key);
    return true;
  }

  /**
   * Runs what fell due up to `now`, at most `limit` keys; true when there is more to do. A clock set back delays, a
   * clock set forward hurries.
   */
  advance(now: number, limit = Number.POSITIVE_INFINITY): boolean {
    const upTo = Math.floor(now / 1000);
    if (!this.#spread(coarse(upTo) + 2, limit * SPREAD_PER_DUE)) return true;
    let left = limit;
    for (const second of this.#seconds(upTo)) {
      left = this.#runBucket(second, left);
      if (this.#near.has(second)) return true;
    }
    this.#lastSecond = Math.max(this.#lastSecond, upTo);
    return false;
  }

  /** Those up to `upTo` that may have keys, in order. */
  *#seconds(upTo: number): Iterable<number> {
    // a long jump of the clock, or a long sleep: looks at the buckets there are, not at every second
    if (upTo - this.#lastSecond > this.#near.size) {
      const due = [...this.#near.keys()].filter((second) => second <= upTo);
      yield* due.sort((a, b) => a - b);
    } else {
      for (let second = this.#lastSecond; second <= upTo; second++) yield second;
    }
  }

  /** Moves at most `limit` keys out of far buckets below `end`; false when some are left. */
  #spread(end: number, limit: number): boolean {
    this.#spreadEnd = Math.max(this.#spreadEnd, end);
    let left = limit;
    for (const [at, bucket] of this.#far) {
      if (at >= this.#spreadEnd) continue;
      for (const key of bucket) {
        if (left-- === 0) return false;
        bucket.delete(key);
        put(this.#near, this.#secondOf.get(key) as number, key);
      }
      this.#far.delete(at);
    }
    return true;
  }

  /** Returns what is left of `limit`; the bucket is gone when all of it ran. */
  #runBucket(second: number, limit: number): number {
    const bucket = this.#near.get(second);
    if (bucket === undefined) return limit;
    this.#lastSecond = Math.max(this.#lastSecond, second); // what is set meanwhile falls due later
    let left = limit;
    for (const key of bucket) {
      if (left === 0) return 0;
      left--;
      bucket.delete(key);
      this.#secondOf.delete(key);
      this.#due(key);
    }
    this.#near.delete(second);
    return left;
  }
}

function coarse(second: number): number {
  return Math.floor(second / COARSE_SECONDS);
}

function put<Key>(buckets: Map<number, Set<Key>>, at: number, key: Key): void {
  const bucket = buckets.get(at);
  if (bucket === undefined) buckets.set(at, new Set([key]));
  else bucket.add(key);
}

function take<Key>(buckets: Map<number, Set<Key>>, at: number, key: Key): void {
  const bucket = buckets.get(at);
  bucket?.delete(key);
  if (bucket?.size === 0) buckets.delete(at);
}
