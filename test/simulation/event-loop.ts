type Task = () => void;
type Schedule = (task: (...given: unknown[]) => void, ...given: unknown[]) => void;

/** More promises than any chain in the broker has, from one task to the next. */
const LONGEST_CHAIN = 10;
const ENDLESS = 10_000;

/**
 * The event loop of the simulated process: takes the place of `setImmediate` and `process.nextTick`, so that the
 * scheduler decides when a task runs, and knows when none is left. Everything runs within one turn of the real loop.
 */
export class EventLoop {
  #tasks: Task[] = [];
  #ticks: Task[] = [];
  readonly #real = { setImmediate: globalThis.setImmediate, nextTick: process.nextTick };

  install(): void {
    const schedule: Schedule = (task, ...given) => void this.#tasks.push(() => task(...given));
    const scheduleTick: Schedule = (task, ...given) => void this.#ticks.push(() => task(...given));
    globalThis.setImmediate = schedule as never;
    process.nextTick = scheduleTick as never;
  }

  uninstall(): void {
    globalThis.setImmediate = this.#real.setImmediate;
    process.nextTick = this.#real.nextTick;
  }

  get isIdle(): boolean {
    return this.#tasks.length === 0;
  }

  /** The process was killed: what it had still to do is never done. */
  clear(): void {
    this.#tasks = [];
    this.#ticks = [];
  }

  /** An event was handled: ticks and promises come before the next. */
  async endEvent(): Promise<void> {
    do {
      for (const tick of this.#ticks.splice(0)) tick();
      for (let i = 0; i < LONGEST_CHAIN; i++) await undefined;
    } while (this.#ticks.length > 0);
  }

  /** Runs up to `count` tasks. */
  async run(count: number): Promise<void> {
    await this.endEvent();
    for (let i = 0; i < count; i++) {
      const task = this.#tasks.shift();
      if (task === undefined) return;
      task();
      await this.endEvent();
    }
  }

  /** Runs tasks until none is left. */
  async settle(): Promise<void> {
    await this.run(ENDLESS);
    if (!this.isIdle) throw new Error("the broker never comes to rest");
  }
}
