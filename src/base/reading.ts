import type { ByteStream } from "./byte-stream.ts";

/** Cuts a byte stream into the units of its protocol and hands them to a sink. */
export interface Parser<Sink> {
  /** The sink wanted to be left alone until `resume`. */
  readonly isPaused: boolean;
  push(chunk: Buffer, sink: Sink): void;
  resume(sink: Sink): void;
}

export interface ReadingPorts<Sink> {
  readonly sink: Sink;
  /** Reading goes on after it was held: what came meanwhile is about to be handed over. */
  resumed(): void;
  failed(error: unknown): void;
}

/**
 * The reading half of a connection: hands bytes to its parser, unless there is a reason to let the client wait.
 * `Hold` are the protocol's reasons, a bit each; several may hold at once.
 */
export class Reading<Hold extends number, Sink = unknown> {
  readonly #stream: ByteStream;
  readonly #parser: Parser<Sink>;
  readonly #ports: ReadingPorts<Sink>;
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
    if (this.#parser.isPaused) this.#resumeParser();
  };

  constructor(stream: ByteStream, parser: Parser<Sink>, ports: ReadingPorts<Sink>) {
    this.#stream = stream;
    this.#parser = parser;
    this.#ports = ports;
  }

  get isHeld(): boolean {
    return this.#holds !== 0;
  }

  /** hot: a chunk has come. Allocates nothing; the two protocols' parsers are all that is ever called here. */
  push(chunk: Buffer): void {
    try {
      this.#parser.push(chunk, this.#ports.sink);
    } catch (error) {
      this.#ports.failed(error);
    }
  }

  /** Stops reading; what the sink has at hand is the last it gets until `release`. */
  hold(reason: Hold): void {
    if (this.#isEnding) return;
    this.#holds |= reason;
    this.#stream.pause();
  }

  isHeldFor(reason: Hold): boolean {
    return (this.#holds & reason) !== 0;
  }

  /** The reason is gone: reads on in a turn of its own, never from inside the sink, when no other is left. */
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

  #resumeParser(): void {
    try {
      this.#parser.resume(this.#ports.sink);
    } catch (error) {
      this.#ports.failed(error);
    }
  }
}
