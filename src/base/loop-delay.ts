import type { Cancel, Clock } from "./clock.ts";

export interface LoopDelayPorts {
  readonly clock: Pick<Clock, "after">;
  /** Milliseconds of a clock that is never set; only differences count. */
  monotonicNow(): number;
}

const SAMPLE_MS = 100;
/** Samples that make the figure: those of the last second. */
const SAMPLES = 10;

/**
 * How long what is due waits for the event loop: the mean lateness of a timer over the last second. One long pause
 * alone does not raise it much, a loop that is behind all the time does.
 */
export class LoopDelay {
  readonly #ports: LoopDelayPorts;
  readonly #samples = new Array<number>(SAMPLES).fill(0);
  #next = 0;
  #cancel: Cancel | undefined;

  constructor(ports: LoopDelayPorts) {
    this.#ports = ports;
  }

  start(): void {
    const dueAt = this.#ports.monotonicNow() + SAMPLE_MS;
    this.#cancel = this.#ports.clock.after(SAMPLE_MS, () => {
      this.#samples[this.#next] = Math.max(0, this.#ports.monotonicNow() - dueAt);
      this.#next = (this.#next + 1) % SAMPLES;
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Milliseconds. */
  get meanMs(): number {
    return this.#samples.reduce((sum, sample) => sum + sample, 0) / SAMPLES;
  }
}
