import { enlarged } from "../../base/gathering.ts";
import { AmqpConnectionError } from "./amqp-error.ts";
import {
  FRAME_END,
  FRAME_HEAD_BYTES,
  FRAME_OVERHEAD_BYTES,
  FrameType,
  PROTOCOL_HEADER,
  SMALLEST_FRAME_MAX,
} from "./frames.ts";
import { ReplyCode } from "./reply-codes.generated.ts";

const NOTHING = Buffer.alloc(0);

/** Takes what a FrameReader cuts out. To go on reading after an error of its own, a sink must not throw it. */
export interface FrameSink {
  /** The first eight bytes have come, or the first that is wrong; after a wrong one all else is dropped unread. */
  protocolHeader(isSupported: boolean): void;
  /**
   * `buffer` from `start` to `end` is the payload and valid until this returns.
   * Returns false to be left alone until `resume`; the frame itself counts as taken.
   */
  frame(type: FrameType, channel: number, buffer: Buffer, start: number, end: number): boolean;
}

/**
 * Cuts a byte stream into frames: in place when a chunk holds the whole frame, gathered otherwise.
 * Tuned; call push and resume never from inside the sink. After it threw, it drops whatever comes.
 */
export class FrameReader {
  /** Bytes of a whole frame, overhead included: looked at before anything of the payload is kept. */
  maximumFrameBytes = SMALLEST_FRAME_MAX;
  /** Bytes of the protocol header still to come. */
  #headerMissing: number;
  #isOver = false;
  #isPaused = false;
  /** Chunks that came or were left over while paused: a stopped stream delivers one or two more at most. */
  #unread: Buffer[] = [];
  #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #headLength = 0;
  #type: FrameType = FrameType.Method;
  #channel = 0;
  #size = 0;
  /** Payload and frame end as they arrive. */
  #body: Buffer = NOTHING;
  #gathered = 0;

  /** `side` is who sent the bytes: only a client begins with a protocol header. */
  constructor(side: "client" | "server" = "client") {
    this.#headerMissing = side === "client" ? PROTOCOL_HEADER.length : 0;
  }

  /** True between frames with nothing left over: all that was received has been handed on. */
  get isIdle(): boolean {
    return this.#headLength === 0 && this.#unread.length === 0;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Reads a chunk; what a pause leaves of it is copied, so that no more than that is kept meanwhile. */
  push(chunk: Buffer, sink: FrameSink): void {
    const read = this.#isPaused ? 0 : this.#readOrEnd(chunk, sink);
    if (read < chunk.length) this.#unread.push(Buffer.from(chunk.subarray(read)));
  }

  /** Goes on where a false from `frame` stopped. */
  resume(sink: FrameSink): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const chunk = this.#unread.shift();
      if (chunk === undefined) return;
      const read = this.#readOrEnd(chunk, sink);
      if (read < chunk.length) this.#unread.unshift(chunk.subarray(read));
    }
  }

  #readOrEnd(chunk: Buffer, sink: FrameSink): number {
    if (this.#isOver) return chunk.length;
    try {
      return this.#read(chunk, sink);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#unread = [];
    this.#body = NOTHING;
  }

  #read(chunk: Buffer, sink: FrameSink): number {
    let position = this.#headerMissing === 0 ? 0 : this.#readProtocolHeader(chunk, sink);
    while (position < chunk.length && !this.#isPaused) {
      if (this.#headLength < FRAME_HEAD_BYTES) position = this.#readHead(chunk, position);
      if (this.#headLength === FRAME_HEAD_BYTES) position = this.#readPayload(chunk, position, sink);
    }
    return position;
  }

  #readProtocolHeader(chunk: Buffer, sink: FrameSink): number {
    let position = 0;
    while (position < chunk.length && this.#headerMissing > 0) {
      const expected = PROTOCOL_HEADER[PROTOCOL_HEADER.length - this.#headerMissing];
      if (chunk[position++] !== expected) {
        this.#end();
        sink.protocolHeader(false);
        return chunk.length;
      }
      this.#headerMissing--;
    }
    if (this.#headerMissing === 0) sink.protocolHeader(true);
    return position;
  }

  #readHead(chunk: Buffer, start: number): number {
    if (this.#headLength === 0 && chunk.length - start >= FRAME_HEAD_BYTES) {
      this.#parseHead(chunk, start);
      return start + FRAME_HEAD_BYTES;
    }
    let position = start;
    while (position < chunk.length && this.#headLength < FRAME_HEAD_BYTES) {
      this.#head[this.#headLength++] = chunk[position++] as number;
    }
    if (this.#headLength === FRAME_HEAD_BYTES) this.#parseHead(this.#head, 0);
    return position;
  }

  #parseHead(buffer: Buffer, at: number): void {
    const type = buffer[at] as FrameType;
    this.#type = type;
    this.#channel = ((buffer[at + 1] as number) << 8) | (buffer[at + 2] as number);
    this.#size = buffer.readUInt32BE(at + 3);
    this.#headLength = FRAME_HEAD_BYTES;
    if (this.#size + FRAME_OVERHEAD_BYTES > this.maximumFrameBytes) {
      const detail = `a frame of ${this.#size + FRAME_OVERHEAD_BYTES} bytes, at most ${this.maximumFrameBytes} are accepted`;
      throw new AmqpConnectionError(ReplyCode.FrameError, detail);
    }
    if (type !== FrameType.Method) checkContentHead(type, this.#channel, this.#size);
  }

  #readPayload(chunk: Buffer, start: number, sink: FrameSink): number {
    const end = start + this.#size + 1 - this.#gathered;
    if (end > chunk.length) {
      this.#gather(chunk, start, chunk.length);
      return chunk.length;
    }
    if (this.#gathered === 0) {
      this.#hand(sink, chunk, start);
    } else {
      this.#gather(chunk, start, end);
      this.#hand(sink, this.#body, 0);
    }
    return end;
  }

  #gather(chunk: Buffer, start: number, end: number): void {
    const needed = this.#gathered + end - start;
    if (needed > this.#body.length) this.#body = enlarged(this.#body, this.#gathered, needed, this.#size + 1);
    chunk.copy(this.#body, this.#gathered, start, end);
    this.#gathered = needed;
  }

  #hand(sink: FrameSink, buffer: Buffer, start: number): void {
    const end = start + this.#size;
    if (buffer[end] !== FRAME_END) {
      throw new AmqpConnectionError(ReplyCode.FrameError, "a frame does not end with 0xCE"); // AMQP 0-9-1 §4.2.3
    }
    this.#headLength = 0;
    this.#gathered = 0;
    this.#body = NOTHING;
    if (!sink.frame(this.#type, this.#channel, buffer, start, end)) this.#isPaused = true;
  }
}

/** What the head of a frame that is no method tells of being wrong. */
function checkContentHead(type: FrameType, channel: number, size: number): void {
  if (type === FrameType.Heartbeat) {
    // AMQP 0-9-1 §4.2.7; 505 for the channel as RabbitMQ has it.
    if (channel !== 0)
      throw new AmqpConnectionError(ReplyCode.UnexpectedFrame, `a heartbeat on channel ${channel}`);
    if (size !== 0) throw new AmqpConnectionError(ReplyCode.FrameError, "a heartbeat with a payload");
    return;
  }
  if (type !== FrameType.Header && type !== FrameType.Body) {
    throw new AmqpConnectionError(ReplyCode.FrameError, `unknown frame type ${type}`);
  }
  if (channel === 0) {
    throw new AmqpConnectionError(ReplyCode.UnexpectedFrame, "content on channel 0"); // AMQP 0-9-1 §4.2.3
  }
}
