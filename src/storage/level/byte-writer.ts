import { writeUint64 } from "../../base/uint64.ts";

const FIRST_CAPACITY = 16 * 1024;
/** A scratch that had to grow beyond this is given back. */
const KEPT_CAPACITY = 4 * 1024 * 1024;
/** Texts up to this many code units fit their UTF-8 length into one byte. */
const SHORT_TEXT = 42;

/** Writes binary fields into a scratch that is used again after `reset`. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Starts over; views handed out before become invalid. */
  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_CAPACITY) this.#bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  }

  /** A view, valid until the next `reset`. */
  view(from = 0, to = this.#length): Buffer {
    return this.#bytes.subarray(from, to);
  }

  /** Bytes of their own. */
  copy(): Buffer {
    return Buffer.from(this.view());
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(value, this.#length);
  }

  /** A safe integer, not negative. */
  u64(value: number): void {
    this.#reserve(8);
    this.#length = writeUint64(this.#bytes, value, this.#length);
  }

  /** Seven bits to a byte, lowest first: one byte below 128. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** UTF-8 behind its length: no text is the beginning of another. */
  text(value: string): void {
    if (value.length > SHORT_TEXT) {
      this.varint(Buffer.byteLength(value));
      this.#reserve(value.length * 3);
      this.#length += this.#bytes.write(value, this.#length);
      return;
    }
    this.#reserve(value.length * 3 + 1);
    const written = this.#bytes.write(value, this.#length + 1);
    this.#bytes[this.#length] = written;
    this.#length += written + 1;
  }

  /** Without a length: the last field of its record. */
  rest(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.rest(value);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
