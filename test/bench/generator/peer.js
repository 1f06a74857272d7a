import { FrameReader } from "./frames.js";
import { connect, DISCONNECT, subscribe } from "./packets.js";
import { openStream } from "./streams.js";

const REFUSED_FROM = 0x80;
/** Answers to one read, for all peers: nothing is answered later than the read that asked for it. */
const answers = Buffer.allocUnsafe(65_536);

/** One MQTT connection of the generator: counts what comes, answers it, one write per read. */
export class Peer {
  received = 0;
  acknowledged = 0;
  reads = 0;
  /** Set where latency is of interest. @type {import("./latencies.js").Latencies | undefined} */
  latencies = undefined;
  /** Set where pings are of interest. @type {(() => void) | undefined} */
  onPingResponse = undefined;
  #version;
  #stream;
  #onRead;
  #frames = new FrameReader((bytes, at, body) => this.#frame(bytes, at, body));
  #answerBytes = 0;
  #greeted = withResolvers();
  #gone = withResolvers();
  #isAsking = false;
  #isLeaving = false;

  /** @param {import("./streams.js").Target & { version: 4 | 5 }} target @param {() => void} [onRead] Runs after each read. */
  constructor(target, onRead = () => {}) {
    this.#onRead = onRead;
    this.#version = target.version;
    this.#stream = openStream(
      target,
      (bytes, count) => this.#take(bytes, count),
      () => this.#closed(),
    );
  }

  async connect(clientId, isClean) {
    const code = await this.#ask(connect(clientId, isClean, this.#version));
    if (code !== 0) throw new Error(`CONNECT was refused with ${code}`);
  }

  /** @param {string[]} filters */
  async subscribe(filters, qos) {
    const granted = await this.#ask(subscribe(filters, qos, this.#version));
    if (granted !== qos) throw new Error(`asked for QoS ${qos}, granted ${granted}`);
  }

  async disconnect() {
    this.#isLeaving = true;
    this.#stream.end(DISCONNECT);
    await this.#gone.promise;
  }

  destroy() {
    this.#isLeaving = true;
    this.#stream.destroy();
  }

  write(bytes) {
    this.#stream.write(bytes);
  }

  async #ask(packet) {
    this.#greeted = withResolvers();
    this.#isAsking = true;
    this.#stream.write(packet);
    const answer = await this.#greeted.promise;
    this.#isAsking = false;
    return answer;
  }

  /** A run with fewer connections than it says is no run. */
  #closed() {
    this.#gone.resolve();
    const error = new Error("the broker closed a connection");
    if (this.#isAsking) this.#greeted.reject(error);
    else if (!this.#isLeaving) throw error;
  }

  #take(bytes, count) {
    this.reads++;
    this.#frames.push(bytes, count);
    if (this.#answerBytes > 0) this.#stream.write(Buffer.from(answers.subarray(0, this.#answerBytes)));
    this.#answerBytes = 0;
    this.#onRead();
  }

  #frame(bytes, at, body) {
    const first = bytes[at];
    switch (first >> 4) {
      case 3:
        this.#published(bytes, first, body);
        break;
      case 4: // PUBACK
      case 7: // PUBCOMP
        this.#acknowledge(bytes, at, body);
        break;
      case 5: // PUBREC → PUBREL
        this.#answer(0x62, bytes[body], bytes[body + 1]);
        break;
      case 6: // PUBREL → PUBCOMP
        this.#answer(0x70, bytes[body], bytes[body + 1]);
        break;
      case 2: // CONNACK
        this.#greeted.resolve(bytes[body + 1]);
        break;
      case 9: // SUBACK: the first filter stands for all
        this.#greeted.resolve(bytes[body + (this.#version === 5 ? 3 : 2)]);
        break;
      case 13: // PINGRESP
        this.onPingResponse?.();
        break;
      default:
        throw new Error(`unexpected packet type ${first >> 4}, reason code ${bytes[body]}`);
    }
  }

  #published(bytes, first, body) {
    this.received++;
    const qos = (first >> 1) & 3;
    const idAt = body + 2 + ((bytes[body] << 8) | bytes[body + 1]);
    if (this.latencies !== undefined)
      this.latencies.take(bytes, this.#payloadAt(bytes, qos > 0 ? idAt + 2 : idAt));
    if (qos > 0) this.#answer(qos === 1 ? 0x40 : 0x50, bytes[idAt], bytes[idAt + 1]);
  }

  /** Properties of a measured message are shorter than 128 bytes. */
  #payloadAt(bytes, at) {
    return this.#version === 5 ? at + 1 + bytes[at] : at;
  }

  #acknowledge(bytes, at, body) {
    this.acknowledged++;
    const code = bytes[at + 1] > 2 ? bytes[body + 2] : 0;
    if (code >= REFUSED_FROM) throw new Error(`a message was refused with ${code}`);
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
