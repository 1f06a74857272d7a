import type { ByteStream } from "../../base/byte-stream.ts";
import type { FrameReader, FrameSink } from "../codec/frame-reader.ts";

/** Why a connection is not read at present; several reasons may hold at once. */
export const Hold = {
  /** A login is being checked. */
  Handshake: 1,
  /** More waits to be written to disk than memory should hold. */
  Journal: 2,
  /** More answers are owed than a client may have outstanding. */
  AnswersOwed: 4,
  /** More publications are unconfirmed than a client may have outstanding. */
  Unconfirmed: 8,
  /** It does not read what it is sent. */
  AnswersUnread: 16,
  /** The broker is out of some resource. */
  Alarm: 32,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

export interface ReadingPorts {
  readonly sink: FrameSink;
  /** Reading goes on after it was held: what came meanwhile is about to be handed over. */
  resumed(): void;
  failed(error: unknown): void;
}

/** The reading half of a connection: hands bytes to the frame reader, unless there is a reason to let the client wait. */
export class Reading {
  readonly #stream: ByteStream;
  readonly #frames: FrameReader;
  readonly #ports: ReadingPorts;
  /** Bits of `Hold`. */
  #holds = 0;
  #isScheduled = false;
  #isClosed = false;
  /** Nothing holds it any more. */
  #isEnding = false;
  readonly #resume = (): void => {
    this.#isScheduled = false;
    if (this.#isClosed || this.#holds !== 0) return;
    this.#ports.resumed();
    this.#stream.resume();
    if (this.#frames.isPaused) this.#guarded(() => this.#frames.resume(this.#ports.sink));
  };

  constructor(stream: ByteStream, frames: FrameReader, ports: ReadingPorts) {
    this.#stream = stream;
    this.#frames = frames;
    this.#ports = ports;
  }

  get isHeld(): boolean {
    return this.#holds !== 0;
  }

  /** hot: a chunk has come. */
  push(chunk: Buffer): void {
    try {
      this.#frames.push(chunk, this.#ports.sink);
    } catch (error) {
      this.#ports.failed(error);
    }
  }

  /** Stops reading; the frame at hand is the last one until `release`. */
  hold(reason: Hold): void {
    if (this.#isEnding) return;
    this.#holds |= reason;
    this.#stream.pause();
  }

  isHeldFor(reason: Hold): boolean {
    return (this.#holds & reason) !== 0;
  }

  /** The reason is gone: reads on in a turn of its own, never from inside a frame, when no other is left. */
  release(reason: Hold): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (this.#holds === 0) this.#readOn();
  }

  /** What comes is only read to see the end of it: no reason to wait is left. */
  readToTheEnd(): void {
    this.#isEnding = true;
    if (this.#holds === 0) return;
    this.#holds = 0;
    this.#readOn();
  }

  /** Nothing more is read. */
  close(): void {
    this.#isClosed = true;
  }

  #readOn(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#resume);
  }

  #guarded(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#ports.failed(error);
    }
  }
}
