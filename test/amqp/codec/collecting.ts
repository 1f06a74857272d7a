import { AmqpError } from "../../../src/amqp/codec/amqp-error.ts";
import type { FrameOutput } from "../../../src/amqp/codec/content-writer.ts";
import type { FrameSink } from "../../../src/amqp/codec/frame-reader.ts";

/** A frame with a copy of its payload. */
export interface CollectedFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

/** Keeps a copy of every frame and pauses after those `pausesAfter` names. */
export class CollectingSink implements FrameSink {
  readonly headers: boolean[] = [];
  readonly frames: CollectedFrame[] = [];
  readonly buffers: Buffer[] = [];
  readonly #pausesAfter: (count: number) => boolean;

  constructor(pausesAfter: (count: number) => boolean = () => false) {
    this.#pausesAfter = pausesAfter;
  }

  protocolHeader(isSupported: boolean): void {
    this.headers.push(isSupported);
  }

  frame(type: number, channel: number, buffer: Buffer, start: number, end: number): boolean {
    this.frames.push({ type, channel, payload: Buffer.from(buffer.subarray(start, end)) });
    this.buffers.push(buffer);
    return !this.#pausesAfter(this.frames.length);
  }
}

/** Keeps what is written, in pieces of its own, and which of them came by reference. */
export class CollectingOutput implements FrameOutput {
  readonly pieces: Buffer[] = [];
  readonly references: Buffer[] = [];
  /** Some bytes lie before the first, so that an offset of 0 is not taken for granted. */
  position = 3;
  #chunk = Buffer.alloc(0);

  reserve(length: number): Buffer {
    this.position = 3;
    this.#chunk = Buffer.alloc(this.position + length);
    return this.#chunk;
  }

  advance(end: number): void {
    this.pieces.push(this.#chunk.subarray(3, end));
    if (end !== this.#chunk.length) throw new Error("reserved more than was written");
  }

  reference(bytes: Buffer): void {
    this.references.push(bytes);
    this.pieces.push(bytes);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** The AMQP error an action ends with; undefined when it ends with a value. Anything else passes. */
export function amqpErrorOf(action: () => unknown): AmqpError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof AmqpError) return error;
    throw error;
  }
  return undefined;
}

/** Bytes written in hexadecimal, white space for the eye. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ""), "hex");
}
