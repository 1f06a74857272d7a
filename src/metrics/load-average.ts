/** A moving average of what happens per minute, in which what is long ago counts ever less. */
export class LoadAverage {
  readonly #minutes: number;
  #perMinute = 0;

  constructor(minutes: number) {
    this.#minutes = minutes;
  }

  get perMinute(): number {
    return this.#perMinute;
  }

  /** `count` happened in the last so many seconds. */
  update(count: number, seconds: number): void {
    const now = (count * 60) / seconds;
    const weightOfBefore = Math.exp(-seconds / (60 * this.#minutes));
    this.#perMinute = now + (this.#perMinute - now) * weightOfBefore;
  }
}
