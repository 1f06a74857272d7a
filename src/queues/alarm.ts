import type { Cancel, Clock } from "../base/clock.ts";

/** One timer that rings no later than the earliest time asked for; whoever hears it looks what is really due. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #cancel: Cancel | undefined;
  #at = Number.POSITIVE_INFINITY;
  readonly #due = (): void => {
    this.#cancel = undefined;
    this.#at = Number.POSITIVE_INFINITY;
    this.#ring();
  };

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#cancel !== undefined;
  }

  /** Milliseconds since the epoch. */
  ringAt(at: number): void {
    if (at >= this.#at) return;
    this.#cancel?.();
    this.#at = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), this.#due);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
