/** Messages handled in one go; the rest comes in the next round of the event loop, so that other work gets its turn. */
const STEPS_PER_TURN = 1024;
/** Of so many turns one lets all other work go first: queues that feed each other cannot keep the process to themselves. */
const TURNS_IN_A_ROW = 64;

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
  #inARow = 0;
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
    if (!this.#isRunning && this.#inARow++ < TURNS_IN_A_ROW) {
      process.nextTick(this.#run);
      return;
    }
    this.#inARow = 0;
    setImmediate(this.#run);
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
