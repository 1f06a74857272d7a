import type { Counters } from "./counters.ts";
import type { Logger } from "./logger.ts";

export interface OverloadPorts {
  readonly logger: Logger;
  readonly counters: Counters;
  /** How long what is due waits for the event loop, in milliseconds; absent: not measured. */
  loopDelayMs?(): number;
}

/** New clients are let in again when the delay has fallen to this share of the limit. */
const RELIEVED = 0.5;

/** Whether the broker is so far behind that a new client would only make it worse for those it has. */
export class Overload {
  readonly #ports: OverloadPorts;
  readonly #maximumMs: number;
  #isOn = false;

  /** `maximumLoopDelay` in milliseconds; 0 = never. */
  constructor(ports: OverloadPorts, maximumLoopDelay: number) {
    this.#ports = ports;
    this.#maximumMs = maximumLoopDelay;
  }

  /** For each client that connects; counted when the answer is no, logged when the answer changes. */
  mayConnect(): boolean {
    const delayMs = this.#maximumMs === 0 ? 0 : (this.#ports.loopDelayMs?.() ?? 0);
    const isOn = delayMs > this.#maximumMs * (this.#isOn ? RELIEVED : 1);
    if (isOn !== this.#isOn) this.#changed(isOn, delayMs);
    if (isOn) this.#ports.counters.limitReached("loop_delay");
    return !isOn;
  }

  #changed(isOn: boolean, delayMs: number): void {
    this.#isOn = isOn;
    const fields = { delayMs: Math.round(delayMs), maximumLoopDelay: this.#maximumMs };
    if (isOn) this.#ports.logger.warn(fields, "the broker is behind: new clients are refused");
    else this.#ports.logger.info(fields, "the broker has caught up: new clients are accepted again");
  }
}
