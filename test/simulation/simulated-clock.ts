import type { Cancel } from "../../src/base/clock.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";

interface Timer {
  readonly at: number;
  readonly task: () => void;
}

/** A clock that survives the processes that look at it; their timers do not. */
export class SimulatedClock extends FakeClock {
  #time = 1_000_000;
  #timers = new Set<Timer>();

  override now(): number {
    return this.#time;
  }

  override after(delayMs: number, task: () => void): Cancel {
    const timer = { at: this.#time + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The process was killed. */
  forgetTimers(): void {
    this.#timers = new Set();
  }

  /** It is `milliseconds` later; what fell due meanwhile runs now, once, as after a sleep of the machine. */
  jump(milliseconds: number): void {
    this.#time += milliseconds;
    const due = [...this.#timers].filter(({ at }) => at <= this.#time).sort((a, b) => a.at - b.at);
    for (const timer of due) {
      if (this.#timers.delete(timer)) timer.task();
    }
  }
}
