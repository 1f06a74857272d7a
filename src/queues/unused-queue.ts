import type { Cancel, Clock } from "../base/clock.ts";

/** x-expires: tells when a queue was not used for so long: no consumers, no basic.get, not declared again. */
export class UnusedQueue {
  readonly #clock: Clock;
  readonly #expiresMs: number | undefined;
  readonly #isInUse: () => boolean;
  readonly #unused: () => void;
  #usedAt: number;
  #cancel: Cancel | undefined;
  readonly #check = (): void => {
    this.#cancel = undefined;
    if (this.#isInUse() || this.#expiresMs === undefined) return; // `used` starts again when the last consumer goes
    if (this.#clock.now() - this.#usedAt >= this.#expiresMs) this.#unused();
    else this.#arm(this.#expiresMs);
  };

  constructor(clock: Clock, expiresMs: number | undefined, isInUse: () => boolean, unused: () => void) {
    this.#clock = clock;
    this.#expiresMs = expiresMs;
    this.#isInUse = isInUse;
    this.#unused = unused;
    this.#usedAt = clock.now();
    this.used();
  }

  used(): void {
    this.#usedAt = this.#clock.now();
    if (this.#expiresMs !== undefined && this.#cancel === undefined) this.#arm(this.#expiresMs);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(expiresMs: number): void {
    const delayMs = this.#usedAt + expiresMs - this.#clock.now();
    this.#cancel = this.#clock.after(Math.max(0, delayMs), this.#check);
  }
}
