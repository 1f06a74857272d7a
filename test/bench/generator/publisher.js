import { publish } from "./packets.js";

/** A publisher writes a quarter of its window at once, never less: writes stay large when acknowledgements trickle. */
export const CHUNKS = 4;

/** Sends its messages round and round from bytes made before the clock starts. */
export class Publisher {
  peer;
  topics;
  #bytes;
  #chunkEnds = [];
  #next = 0;
  #written = 0;
  #window;
  #chunkMessages;
  #hasAcknowledgements;

  /** @param {import("./peer.js").Peer} peer @param {string[]} topics Taken in turn. */
  constructor(peer, topics, scenario) {
    this.peer = peer;
    this.topics = topics;
    this.#window = scenario.window;
    this.#chunkMessages = scenario.window / CHUNKS;
    this.#hasAcknowledgements = scenario.qos > 0;
    if (scenario.rate === undefined) this.#encode(scenario);
  }

  mayWrite() {
    if (!this.#hasAcknowledgements) return true;
    return this.#written - this.peer.acknowledged + this.#chunkMessages <= this.#window;
  }

  writeChunk() {
    const start = this.#next === 0 ? 0 : this.#chunkEnds[this.#next - 1];
    this.peer.write(this.#bytes.subarray(start, this.#chunkEnds[this.#next]));
    this.#next = (this.#next + 1) % this.#chunkEnds.length;
    this.#written += this.#chunkMessages;
  }

  /** Ids 1…window go round: acknowledgements come in order, so an id is free again when its chunk's turn comes. */
  #encode(scenario) {
    const payload = Buffer.alloc(scenario.payloadBytes, "x");
    const count = Math.ceil(this.topics.length / this.#window) * this.#window;
    const frames = [];
    let bytes = 0;
    for (let at = 0; at < count; at++) {
      const topic = this.topics[at % this.topics.length];
      frames.push(publish({ ...scenario, topic, payload }, (at % this.#window) + 1));
      bytes += frames[at].length;
      if ((at + 1) % this.#chunkMessages === 0) this.#chunkEnds.push(bytes);
    }
    this.#bytes = Buffer.concat(frames, bytes);
  }
}
