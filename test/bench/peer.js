import { once } from "node:events";
import { connect as dial } from "node:net";
import { connect, DISCONNECT, subscribe } from "./packets.js";

const READ_BYTES = 65_536;
const LONGEST_FRAME = 4_096;
/** Answers to one read, for all peers: nothing is answered later than the read that asked for it. */
const answers = Buffer.allocUnsafe(READ_BYTES + LONGEST_FRAME);

/** One MQTT connection of the generator: counts what comes, answers it, one write per read. */
export class Peer {
  received = 0;
  /** Set where latency is of interest. @type {import("./pacing.js").Latencies | undefined} */
  latencies = undefined;
  acknowledged = 0;
  #socket;
  #onRead;
  #partial = Buffer.allocUnsafe(LONGEST_FRAME + READ_BYTES);
  #partialBytes = 0;
  #answerBytes = 0;
  #greeted = withResolvers();
  #isAsking = false;
  #isLeaving = false;

  /** @param {number} port @param {() => void} onRead Runs after each read. */
  constructor(port, onRead) {
    this.#onRead = onRead;
    const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: (n, bytes) => this.#take(n, bytes) };
    this.#socket = dial({ port, host: "127.0.0.1", noDelay: true, onread });
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.on("close", () => this.#closed());
  }

  async connect(clientId, cleanSession) {
    await this.#ask(connect(clientId, cleanSession));
  }

  async subscribe(filter, qos) {
    const granted = await this.#ask(subscribe(filter, qos));
    if (granted !== qos) throw new Error(`asked for QoS ${qos}, granted ${granted}`);
  }

  async disconnect() {
    this.#isLeaving = true;
    this.#socket.end(DISCONNECT);
    await once(this.#socket, "close");
  }

  destroy() {
    this.#isLeaving = true;
    this.#socket.destroy();
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** The last byte of the answer: a return code. */
  async #ask(packet) {
    this.#greeted = withResolvers();
    this.#isAsking = true;
    this.#socket.write(packet);
    const answer = await this.#greeted.promise;
    this.#isAsking = false;
    return answer;
  }

  /** A run with fewer connections than it says is no run. */
  #closed() {
    const error = new Error("the broker closed a connection");
    if (this.#isAsking) this.#greeted.reject(error);
    else if (!this.#isLeaving) throw error;
  }

  #take(count, bytes) {
    let at = this.#partialBytes > 0 ? this.#completePartial(bytes, count) : 0;
    if (at < count) {
      at = this.#parse(bytes, at, count);
      if (at < count) bytes.copy(this.#partial, 0, at, count);
      this.#partialBytes = count - at;
    }
    if (this.#answerBytes > 0) this.#socket.write(Buffer.from(answers.subarray(0, this.#answerBytes)));
    this.#answerBytes = 0;
    this.#onRead();
    return true;
  }

  /** Returns how much of `bytes` the frame begun by an earlier read took. */
  #completePartial(bytes, count) {
    const before = this.#partialBytes;
    const added = Math.min(count, LONGEST_FRAME);
    bytes.copy(this.#partial, before, 0, added);
    const end = this.#frameEnd(this.#partial, 0, before + added);
    if (end < 0) {
      this.#partialBytes = before + added;
      return count;
    }
    this.#parse(this.#partial, 0, end);
    this.#partialBytes = 0;
    return end - before;
  }

  #parse(bytes, start, end) {
    let at = start;
    for (;;) {
      const next = this.#frameEnd(bytes, at, end);
      if (next < 0) return at;
      this.#frame(bytes, at, next);
      at = next;
    }
  }

  /** -1 when the frame is not whole yet. Remaining lengths of up to two bytes: no frame here is longer. */
  #frameEnd(bytes, at, end) {
    if (at + 2 > end) return -1;
    let length = bytes[at + 1];
    let body = at + 2;
    if (length > 127) {
      if (at + 3 > end) return -1;
      length = (length & 0x7f) | (bytes[at + 2] << 7);
      body++;
    }
    return body + length > end ? -1 : body + length;
  }

  #frame(bytes, at, end) {
    const first = bytes[at];
    switch (first >> 4) {
      case 3: // PUBLISH
        this.received++;
        this.latencies?.take(bytes, end);
        if ((first & 0x06) !== 0) this.#answerPublish(bytes, at, first);
        break;
      case 4: // PUBACK
      case 7: // PUBCOMP
        this.acknowledged++;
        break;
      case 5: // PUBREC → PUBREL
        this.#answer(0x62, bytes[at + 2], bytes[at + 3]);
        break;
      case 6: // PUBREL → PUBCOMP
        this.#answer(0x70, bytes[at + 2], bytes[at + 3]);
        break;
      case 2: // CONNACK
      case 9: // SUBACK
        this.#greeted.resolve(bytes[end - 1]);
        break;
      default:
        throw new Error(`unexpected packet type ${first >> 4}`);
    }
  }

  #answerPublish(bytes, at, first) {
    const topicAt = at + (bytes[at + 1] > 127 ? 3 : 2);
    const idAt = topicAt + 2 + ((bytes[topicAt] << 8) | bytes[topicAt + 1]);
    this.#answer((first & 0x06) === 2 ? 0x40 : 0x50, bytes[idAt], bytes[idAt + 1]);
  }

  #answer(first, idHigh, idLow) {
    const at = this.#answerBytes;
    answers[at] = first;
    answers[at + 1] = 2;
    answers[at + 2] = idHigh;
    answers[at + 3] = idLow;
    this.#answerBytes = at + 4;
  }
}

function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
}
