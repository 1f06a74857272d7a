import { Latencies } from "./latencies.js";
import { publish } from "./packets.js";

/**
 * Sends at a steady rate, one message per write and each from the next publisher. The payload begins with the time at
 * which its turn was, not with the time at which it left: who makes the generator wait is charged for the wait.
 */
export class Pacer {
  sent = 0;
  /** How late the generator itself was. */
  lateness = new Latencies();
  #publishers;
  #intervalMs;
  #isRunning = false;

  /** @param {import("./publisher.js").Publisher[]} publishers @param {number} rate Messages per second in all. */
  constructor(publishers, scenario, rate) {
    this.#intervalMs = 1_000 / rate;
    this.#publishers = publishers.map(({ peer, topics }) => {
      const payload = Buffer.alloc(scenario.payloadBytes, "x");
      const frame = publish({ ...scenario, topic: topics[0], payload }, 1);
      return { peer, frame, timeAt: frame.length - scenario.payloadBytes };
    });
  }

  /** Looks at the clock in every turn of the loop: a timer would add up to a millisecond of its own. */
  start() {
    this.#isRunning = true;
    const begin = performance.now();
    const turn = () => {
      if (!this.#isRunning) return;
      this.#catchUp(begin);
      setImmediate(turn);
    };
    turn();
  }

  stop() {
    this.#isRunning = false;
  }

  #catchUp(begin) {
    for (;;) {
      const due = begin + this.sent * this.#intervalMs;
      const lateMs = performance.now() - due;
      if (lateMs < 0) return;
      const { peer, frame, timeAt } = this.#publishers[this.sent % this.#publishers.length];
      const copy = Buffer.from(frame);
      copy.writeDoubleLE(due, timeAt);
      peer.write(copy);
      this.lateness.add(lateMs);
      this.sent++;
    }
  }
}
