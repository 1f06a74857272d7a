import { assert } from "../../base/errors.ts";
import { writeUint64 } from "../../base/uint64.ts";
import { shortStringLength, writeShortString } from "./short-string.ts";

const FIRST_BYTES = 256;

/** Writes the data types of AMQP 0-9-1 §4.2.5 one after another into a buffer that grows with them. */
export class FieldWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #position = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#position;
  }

  octet(value: number): void {
    const at = this.reserve(1);
    this.#buffer[at] = value;
  }

  short(value: number): void {
    const at = this.reserve(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  long(value: number): void {
    const at = this.reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  longlong(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, "a longlong is a whole number below 2^53");
    const at = this.reserve(8);
    writeUint64(this.#buffer, value, at);
  }

  shortString(text: string): void {
    const at = this.reserve(shortStringLength(text));
    writeShortString(this.#buffer, at, text);
  }

  longString(bytes: Buffer): void {
    this.long(bytes.length);
    this.bytes(bytes);
  }

  bytes(bytes: Buffer): void {
    const at = this.reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Overwrites four bytes written before: a length that was not known then. */
  setLong(value: number, offset: number): void {
    this.#buffer.writeUInt32BE(value, offset);
  }

  /** What was written. The writer is done with it. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#position);
  }

  /** Makes room and returns where it begins; write there through `view`. */
  reserve(count: number): number {
    const start = this.#position;
    const end = start + count;
    if (end > this.#buffer.length) this.#grow(end);
    this.#position = end;
    return start;
  }

  /** The buffer as it is until the next write. */
  get view(): Buffer {
    return this.#buffer;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#position);
    this.#buffer = larger;
  }
}
