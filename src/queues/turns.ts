/** Messages handled in one go; the rest comes in the next round of the event loop, so that other work gets its turn. */
const STEPS_PER_TURN = 1024;

/**
 * When a queue works: once after the code that asked for it has come to its end, whatever number of times it was
 * asked. That is before the journal closes its batch, so that what is published and acknowledged at once is never
 * written. What is asked for during a turn, or was too much for it, comes after other work.
 */
export class Turns {
  readonly #work: () => void;
  #isAsked = false;
  #isRunning = false;
  #isStopped = false;
  #stepsLeft = 0;
  readonly #run = (): void => this.runNow();

  constructor(work: () => void) {
    this.#work = work;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** False: this turn has done enough. */
  get mayGoOn(): boolean {
    return this.#stepsLeft > 0 && !this.#isStopped;
  }

  /** One message was handled. */
  step(): void {
    this.#stepsLeft--;
  }

  ask(): void {
    if (this.#isAsked || this.#isStopped) return;
    this.#isAsked = true;
    if (this.#isRunning) setImmediate(this.#run);
    else process.nextTick(this.#run);
  }

  /** Does nothing inside a turn. */
  runNow(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isAsked = false;
    this.#isRunning = true;
    this.#stepsLeft = STEPS_PER_TURN;
    try {
      this.#work();
      if (this.#stepsLeft <= 0) this.ask();
    } finally {
      this.#isRunning = false;
    }
  }

  stop(): void {
    this.#isStopped = true;
  }
}
