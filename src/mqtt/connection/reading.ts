import type { ByteStream } from "../../base/byte-stream.ts";
import type { Framer, FrameSink } from "../codec/framer.ts";

/** Why a connection is not read at present; several reasons may hold at once. */
export const Hold = {
  /** CONNECT or AUTH is being answered. */
  Handshake: 1,
  /** More waits to be written than memory should hold. */
  Journal: 2,
  /** More answers are owed than a client may have outstanding. */
  AnswersOwed: 4,
  /** Retained messages of many subscriptions are owed. */
  RetainedOwed: 8,
  /** It sent more messages than it may in a second. */
  MessageRate: 16,
  /** A message waits for room in an outbox. */
  OutboxFull: 32,
  /** It does not read what it is sent. */
  AnswersUnread: 64,
  /** It has had its share of this turn of the event loop. */
  ShareTaken: 128,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

export interface ReadingPorts {
  readonly sink: FrameSink;
  /** Reading goes on after it was held: what came meanwhile is about to be handed over. */
  resumed(): void;
  failed(error: unknown): void;
}

/** The reading half of a connection: hands bytes to the framer, unless there is a reason to let the client wait. */
export class Reading {
  readonly #stream: ByteStream;
  readonly #framer: Framer;
  readonly #ports: ReadingPorts;
  /** Bits of `Hold`. */
  #holds = 0;
  #isScheduled = false;
  #isClosed = false;
  readonly #resume = (): void => {
    this.#isScheduled = false;
    if (this.#isClosed || this.#holds !== 0) return;
    this.#ports.resumed();
    this.#stream.resume();
    if (this.#framer.isPaused) this.#guarded(() => this.#framer.resume(this.#ports.sink));
  };

  constructor(stream: ByteStream, framer: Framer, ports: ReadingPorts) {
    this.#stream = stream;
    this.#framer = framer;
    this.#ports = ports;
  }

  get isHeld(): boolean {
    return this.#holds !== 0;
  }

  /** hot: a chunk has come. */
  push(chunk: Buffer): void {
    try {
      this.#framer.push(chunk, this.#ports.sink);
    } catch (error) {
      this.#ports.failed(error);
    }
  }

  /** Stops reading; the packet at hand is the last one until `release`. */
  hold(reason: Hold): void {
    this.#holds |= reason;
    this.#stream.pause();
  }

  /** The reason is gone: reads on in a turn of its own, never from inside a packet, when no other is left. */
  release(reason: Hold): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (this.#holds !== 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#resume);
  }

  /** Nothing more is read. */
  close(): void {
    this.#isClosed = true;
  }

  #guarded(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#ports.failed(error);
    }
  }
}
