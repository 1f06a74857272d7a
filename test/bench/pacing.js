import { publish } from "./packets.js";

const TICK_MS = 1;
/** Enough for a minute at 20,000 messages per second; what comes later is not looked at. */
const MOST_SAMPLES = 1_200_000;

/** Sends at a steady rate, one message per write and each from the next publisher; the payload says when it left. */
export class Pacer {
  sent = 0;
  #publishers;
  #rate;
  #timer;

  /** @param {{ peer: import("./peer.js").Peer, topic: string }[]} publishers */
  constructor(publishers, scenario) {
    this.#rate = scenario.rate;
    this.#publishers = publishers.map(({ peer, topic }) => {
      const frame = publish(topic, Buffer.alloc(scenario.payloadBytes, "x"), scenario.qos, 1);
      return { peer, frame, timeAt: frame.length - scenario.payloadBytes };
    });
  }

  start() {
    const begin = performance.now();
    this.#timer = setInterval(
      () => this.#catchUp(((performance.now() - begin) * this.#rate) / 1_000),
      TICK_MS,
    );
  }

  stop() {
    clearInterval(this.#timer);
  }

  #catchUp(due) {
    for (; this.sent < due; this.sent++) {
      const { peer, frame, timeAt } = this.#publishers[this.sent % this.#publishers.length];
      const copy = Buffer.from(frame);
      copy.writeDoubleLE(performance.now(), timeAt);
      peer.write(copy);
    }
  }
}

/** Milliseconds from write to read within the generator's process. */
export class Latencies {
  #samples = new Float64Array(MOST_SAMPLES);
  #count = 0;
  #payloadBytes;

  constructor(payloadBytes) {
    this.#payloadBytes = payloadBytes;
  }

  /** @param {Buffer} bytes @param {number} end Where the PUBLISH ends. */
  take(bytes, end) {
    if (this.#count === MOST_SAMPLES) return;
    this.#samples[this.#count++] = performance.now() - bytes.readDoubleLE(end - this.#payloadBytes);
  }

  forget() {
    this.#count = 0;
  }

  summary() {
    const sorted = this.#samples.slice(0, this.#count).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return { p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
  }
}
