import { openStream } from "../streams.js";
import {
  ACK_BYTES,
  EMPTY_TABLE,
  FRAME_METHOD,
  FrameReader,
  HEADER,
  Id,
  long,
  longString,
  method,
  octet,
  short,
  shortString,
  writeAck,
} from "./amqp-frames.js";

const CHANNEL = 1;
const FRAME_MAX = 131_072;
/** Answers to one read of 64 KiB: no message is shorter than its acknowledgement. */
const answers = Buffer.allocUnsafe(131_072);

/** One AMQP connection of the generator with one channel: counts what comes, acknowledges it, one write per read. */
export class AmqpPeer {
  received = 0;
  reads = 0;
  #stream;
  #onRead;
  #frames = new FrameReader((type, bytes, start, end) => this.#frame(type, bytes, start, end));
  #isAcknowledging = false;
  #answerBytes = 0;
  #awaited = 0;
  #answer = undefined;
  #isLeaving = false;
  /** All up to this delivery tag are confirmed, and these beyond. */
  #confirmedUpTo = 0;
  #confirmedBeyond = new Set();

  /** @param {import("../streams.js").Target} target @param {() => void} [onRead] Runs after each read. */
  constructor(target, onRead = () => {}) {
    this.#onRead = onRead;
    this.#stream = openStream(
      target,
      (bytes, count) => this.#take(bytes, count),
      () => this.#closed(),
    );
  }

  /** Publications the broker has confirmed. */
  get acknowledged() {
    return this.#confirmedUpTo + this.#confirmedBeyond.size;
  }

  async connect() {
    await this.#ask(HEADER, Id.start);
    const login = [EMPTY_TABLE, shortString("PLAIN"), longString("\0guest\0guest"), shortString("en_US")];
    await this.#ask(method(0, Id.startOk, ...login), Id.tune);
    this.#stream.write(method(0, Id.tuneOk, short(2_047), long(FRAME_MAX), short(0)));
    await this.#ask(method(0, Id.open, shortString("/"), shortString(""), octet(0)), Id.openOk);
    await this.#ask(method(CHANNEL, Id.channelOpen, shortString("")), Id.channelOpenOk);
  }

  async declare(queue, isDurable) {
    const fields = [short(0), shortString(queue), octet(isDurable ? 2 : 0), EMPTY_TABLE];
    await this.#ask(method(CHANNEL, Id.declare, ...fields), Id.declareOk);
  }

  async confirmSelect() {
    await this.#ask(method(CHANNEL, Id.confirmSelect, octet(0)), Id.confirmSelectOk);
  }

  /** `prefetch` 0: what is delivered counts as acknowledged. */
  async consume(queue, prefetch) {
    this.#isAcknowledging = prefetch > 0;
    if (prefetch > 0) await this.#ask(method(CHANNEL, Id.qos, long(0), short(prefetch), octet(0)), Id.qosOk);
    const fields = [short(0), shortString(queue), shortString("c"), octet(prefetch > 0 ? 0 : 2), EMPTY_TABLE];
    await this.#ask(method(CHANNEL, Id.consume, ...fields), Id.consumeOk);
  }

  write(bytes) {
    this.#stream.write(bytes);
  }

  destroy() {
    this.#isLeaving = true;
    this.#stream.destroy();
  }

  #ask(bytes, answerId) {
    this.#awaited = answerId;
    this.#stream.write(bytes);
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
    });
  }

  #closed() {
    const error = new Error("the broker closed a connection");
    if (this.#answer !== undefined) this.#answer.reject(error);
    else if (!this.#isLeaving) throw error;
  }

  #take(bytes, count) {
    this.reads++;
    this.#frames.push(bytes, count);
    this.#flushAnswers();
    this.#onRead();
  }

  #flushAnswers() {
    if (this.#answerBytes > 0) this.#stream.write(Buffer.from(answers.subarray(0, this.#answerBytes)));
    this.#answerBytes = 0;
  }

  #frame(type, bytes, start, end) {
    if (type !== FRAME_METHOD) return;
    const id = bytes.readUInt32BE(start);
    if (id === Id.deliver) this.#delivered(bytes, start);
    else if (id === Id.ack) this.#confirmed(bytes, start);
    else if (id === this.#awaited) this.#answered();
    else this.#refused(id, bytes.toString("latin1", start + 4, end));
  }

  #delivered(bytes, start) {
    this.received++;
    if (!this.#isAcknowledging) return;
    if (this.#answerBytes + ACK_BYTES > answers.length) this.#flushAnswers();
    const tagAt = start + 5 + bytes[start + 4];
    this.#answerBytes = writeAck(answers, this.#answerBytes, CHANNEL, bytes, tagAt);
  }

  #confirmed(bytes, start) {
    const tag = bytes.readUInt32BE(start + 4) * 2 ** 32 + bytes.readUInt32BE(start + 8);
    const beyond = this.#confirmedBeyond;
    if (bytes[start + 12] === 1) this.#confirmedUpTo = tag;
    else if (tag === this.#confirmedUpTo + 1) this.#confirmedUpTo = tag;
    else beyond.add(tag);
    if (beyond.size === 0) return;
    for (const each of beyond) if (each <= this.#confirmedUpTo) beyond.delete(each);
    while (beyond.delete(this.#confirmedUpTo + 1)) this.#confirmedUpTo++;
  }

  #answered() {
    const { resolve } = this.#answer;
    this.#answer = undefined;
    this.#awaited = 0;
    resolve();
  }

  #refused(id, text) {
    throw new Error(`unexpected method ${id >> 16}.${id & 0xffff}: ${text}`);
  }
}
