/** Runs a bounded number of tasks at once and lets a bounded number wait, first come first served. */
export class WorkSlots {
  readonly #waiting: (() => void)[] = [];
  readonly #waitingAtMost: number;
  #free: number;

  constructor(atOnce: number, waitingAtMost: number) {
    this.#free = atOnce;
    this.#waitingAtMost = waitingAtMost;
  }

  /** Resolves with undefined, without running the task, when too many are waiting. */
  async run<T>(task: () => Promise<T>): Promise<T | undefined> {
    if (this.#free === 0) {
      if (this.#waiting.length >= this.#waitingAtMost) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#free--;
    }
    try {
      return await task();
    } finally {
      this.#release();
    }
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next(); // it takes this slot over
  }
}
