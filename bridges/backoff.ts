/** Bounds of the wait between two attempts, in milliseconds. */
export interface BackoffOptions {
  readonly minimumMs: number;
  readonly maximumMs: number;
}

/** Exponential waits with full jitter: many lanes that fail together do not come back together. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /** Milliseconds to wait after one more failure. */
  nextMs(): number {
    const { minimumMs, maximumMs } = this.#options;
    const ceiling = Math.min(maximumMs, minimumMs * 2 ** Math.min(this.#failures++, 30));
    return Math.ceil(this.#random() * ceiling);
  }

  reset(): void {
    this.#failures = 0;
  }
}
