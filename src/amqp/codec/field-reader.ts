import { isUtf8 } from "node:buffer";
import { readUint64 } from "../../base/uint64.ts";
import { AmqpConnectionError } from "./amqp-error.ts";
import { ReplyCode } from "./reply-codes.generated.ts";

/** Reads the data types of AMQP 0-9-1 §4.2.5 one after another; a missing byte is a frame error. */
export class FieldReader {
  readonly buffer: Buffer;
  position: number;
  readonly end: number;
  #failing: number;

  /** `failing` is the id of the method being read, for errors; 0 = none. */
  constructor(buffer: Buffer, start: number, end: number, failing = 0) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
    this.#failing = failing;
  }

  /** Reads class id and method id; errors from here on name them. */
  methodId(): number {
    this.#failing = this.long();
    return this.#failing;
  }

  octet(): number {
    return this.buffer[this.skip(1)] as number;
  }

  short(): number {
    const at = this.skip(2);
    return ((this.buffer[at] as number) << 8) | (this.buffer[at + 1] as number);
  }

  long(): number {
    return this.buffer.readUInt32BE(this.skip(4));
  }

  /** Exact up to 2^53 - 1, the nearest number above. */
  longlong(): number {
    return readUint64(this.buffer, this.skip(8));
  }

  shortString(): string {
    const length = this.octet();
    const start = this.skip(length);
    const isAscii = this.#checkText(start, start + length);
    return this.buffer.toString(isAscii ? "latin1" : "utf8", start, start + length);
  }

  /** Checks a short string without building it. */
  skipShortString(): void {
    const length = this.octet();
    const start = this.skip(length);
    this.#checkText(start, start + length);
  }

  /** A copy: what it returns may be kept. */
  longString(): Buffer {
    const length = this.long();
    const start = this.skip(length);
    return Buffer.from(this.buffer.subarray(start, start + length));
  }

  /** A reader of a copy of the next `length` bytes, which this one skips. */
  part(length: number): FieldReader {
    const start = this.skip(length);
    const copy = Buffer.from(this.buffer.subarray(start, start + length));
    return new FieldReader(copy, 0, length, this.#failing);
  }

  /** Skips so many bytes and returns the offset of the first. */
  skip(count: number): number {
    const start = this.position;
    if (count > this.end - start) throw this.undecodable("it ends too early");
    this.position = start + count;
    return start;
  }

  /** Nothing may be left. */
  finish(): void {
    if (this.position !== this.end) throw this.undecodable(`${this.end - this.position} bytes too many`);
  }

  /** Bytes that cannot be read as what they should be (reply code 501). */
  undecodable(detail: string): AmqpConnectionError {
    return new AmqpConnectionError(ReplyCode.FrameError, `cannot decode: ${detail}`, this.#failing);
  }

  /** A value that may not be (reply code 502). */
  illegal(detail: string): AmqpConnectionError {
    return new AmqpConnectionError(ReplyCode.SyntaxError, detail, this.#failing);
  }

  /** Returns whether it is all ASCII; throws when it is not even UTF-8. */
  #checkText(start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      if ((this.buffer[i] as number) < 0x80) continue;
      if (!isUtf8(this.buffer.subarray(start, end))) throw this.illegal("ill-formed UTF-8 in a short string");
      return false;
    }
    return true;
  }
}
