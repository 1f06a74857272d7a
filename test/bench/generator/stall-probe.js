import { PINGREQ } from "./packets.js";
import { Peer } from "./peer.js";

const INTERVAL_MS = 1;

/** A client that pings every millisecond: the longest wait for an answer is what any other client waited too. */
export class StallProbe {
  #peer;
  #timer;
  #sentAt = [];
  #longestMs = 0;

  static async start(target) {
    const probe = new StallProbe(new Peer(target));
    await probe.#peer.connect("stall-probe", true);
    probe.#begin();
    return probe;
  }

  constructor(peer) {
    this.#peer = peer;
    peer.onPingResponse = () => this.#answered();
  }

  /** Returns the longest wait in milliseconds; one that goes on still counts. */
  stop() {
    clearInterval(this.#timer);
    this.#longestMs = Math.max(this.#longestMs, performance.now() - (this.#sentAt[0] ?? performance.now()));
    this.#peer.destroy();
    return this.#longestMs;
  }

  #begin() {
    this.#timer = setInterval(() => {
      this.#sentAt.push(performance.now());
      this.#peer.write(PINGREQ);
    }, INTERVAL_MS);
  }

  #answered() {
    this.#longestMs = Math.max(this.#longestMs, performance.now() - this.#sentAt.shift());
  }
}
