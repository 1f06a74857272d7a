import { enlarged } from "../../base/gathering.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { checkFirstByte } from "./fixed-header.ts";

const NOTHING = Buffer.alloc(0);

/** Takes whole packets; `buffer` from `start` to `end` is the body and valid until `frame` returns. */
export interface FrameSink {
  /** Returns false to be left alone until `resume`; the frame itself counts as taken. */
  frame(firstByte: number, buffer: Buffer, start: number, end: number): boolean;
}

/**
 * Cuts a byte stream into packets: in place when a chunk holds the whole packet, gathered otherwise.
 * Tuned; call push and resume never from inside `frame`.
 */
export class Framer {
  /** Bytes of a whole packet, fixed header included; looked at as soon as a header is complete [MQTT-3.2.2-15]. */
  maximumPacketSize: number;
  #firstByte = 0;
  #headerLength = 0;
  #isHeaderKnown = false;
  #bodyLength = 0;
  #body: Buffer = NOTHING;
  #gathered = 0;
  #isPaused = false;
  /** Chunks that came or were left over while paused: a stopped stream delivers one or two more at most. */
  #unread: Buffer[] = [];

  constructor(maximumPacketSize: number) {
    this.maximumPacketSize = maximumPacketSize;
  }

  /** True between packets with nothing left over: all that was received has been handed on. */
  get isIdle(): boolean {
    return this.#headerLength === 0 && this.#unread.length === 0;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Reads a chunk; what a pause leaves of it is copied, so it may be reused afterwards. */
  push(chunk: Buffer, sink: FrameSink): void {
    const read = this.#isPaused ? 0 : this.#read(chunk, sink);
    if (read < chunk.length) this.#unread.push(Buffer.from(chunk.subarray(read)));
  }

  /** Goes on where a false from `frame` stopped. */
  resume(sink: FrameSink): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const chunk = this.#unread.shift();
      if (chunk === undefined) return;
      const read = this.#read(chunk, sink);
      if (read < chunk.length) this.#unread.unshift(chunk.subarray(read));
    }
  }

  #read(chunk: Buffer, sink: FrameSink): number {
    let position = 0;
    while (position < chunk.length && !this.#isPaused) {
      if (!this.#isHeaderKnown) position = this.#readHeader(chunk, position);
      if (this.#isHeaderKnown) position = this.#readBody(chunk, position, sink);
    }
    return position;
  }

  #readHeader(chunk: Buffer, start: number): number {
    let position = start;
    if (this.#headerLength === 0) {
      this.#firstByte = chunk[position++] as number;
      checkFirstByte(this.#firstByte);
      this.#headerLength = 1;
      this.#bodyLength = 0;
    }
    while (position < chunk.length) {
      const byte = chunk[position++] as number;
      this.#bodyLength |= (byte & 0x7f) << (7 * (this.#headerLength - 1));
      this.#headerLength++;
      if (byte < 0x80) {
        this.#checkSize();
        this.#isHeaderKnown = true;
        return position;
      }
      if (this.#headerLength === 5) {
        throw new MqttError(ReasonCode.MalformedPacket, "Remaining Length has more than four bytes");
      }
    }
    return position;
  }

  #checkSize(): void {
    const size = this.#headerLength + this.#bodyLength;
    if (size > this.maximumPacketSize) {
      const detail = `${size} bytes, at most ${this.maximumPacketSize} are accepted`;
      throw new MqttError(ReasonCode.PacketTooLarge, detail);
    }
  }

  #readBody(chunk: Buffer, start: number, sink: FrameSink): number {
    const missing = this.#bodyLength - this.#gathered;
    const end = start + missing;
    if (end > chunk.length) {
      this.#gather(chunk, start, chunk.length);
      return chunk.length;
    }
    if (this.#gathered === 0) {
      this.#hand(sink, chunk, start, end);
    } else {
      this.#gather(chunk, start, end);
      this.#hand(sink, this.#body, 0, this.#bodyLength);
    }
    return end;
  }

  #gather(chunk: Buffer, start: number, end: number): void {
    const needed = this.#gathered + end - start;
    if (needed > this.#body.length)
      this.#body = enlarged(this.#body, this.#gathered, needed, this.#bodyLength);
    chunk.copy(this.#body, this.#gathered, start, end);
    this.#gathered = needed;
  }

  #hand(sink: FrameSink, buffer: Buffer, start: number, end: number): void {
    this.#isHeaderKnown = false;
    this.#headerLength = 0;
    this.#gathered = 0;
    this.#body = NOTHING;
    if (!sink.frame(this.#firstByte, buffer, start, end)) this.#isPaused = true;
  }
}
