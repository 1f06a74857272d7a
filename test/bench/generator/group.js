import { CHUNKS } from "./publisher.js";

/** Publishers and subscribers that share topics, with a bound on what is on its way between them. */
export class Group {
  /** @type {import("./peer.js").Peer[]} */
  subscribers = [];
  /** @type {import("./publisher.js").Publisher[]} */
  publishers = [];
  sent = 0;
  lost = 0;
  #scenario;
  #turn = 0;
  #isStopped = true;

  constructor(scenario) {
    this.#scenario = scenario;
  }

  get received() {
    return this.subscribers.reduce((sum, peer) => sum + peer.received, 0);
  }

  get reads() {
    return this.subscribers.reduce((sum, peer) => sum + peer.reads, 0);
  }

  get acknowledged() {
    return this.publishers.reduce((sum, publisher) => sum + publisher.peer.acknowledged, 0);
  }

  get outstanding() {
    return this.sent * this.#scenario.fan - this.received - this.lost;
  }

  start() {
    this.#isStopped = false;
    this.pump();
  }

  stop() {
    this.#isStopped = true;
  }

  /** Lets every publisher that has room write a chunk, beginning with the one whose turn it is. */
  pump() {
    if (this.#isStopped) return;
    const { window, fan, total = Number.POSITIVE_INFINITY } = this.#scenario;
    const chunk = window / CHUNKS;
    let room = window * this.publishers.length * fan - this.outstanding;
    for (let skipped = 0; skipped < this.publishers.length && room >= chunk * fan && this.sent < total; ) {
      const publisher = this.publishers[this.#turn];
      this.#turn = (this.#turn + 1) % this.publishers.length;
      if (publisher.mayWrite()) {
        publisher.writeChunk();
        this.sent += chunk;
        room -= chunk * fan;
        skipped = 0;
      } else {
        skipped++;
      }
    }
  }
}
