import { readUint64 } from "../../base/uint64.ts";
/** A stored record cannot be what was written: it is skipped and reported, never fatal. */
export class CorruptRecord extends Error {}

/** Reads binary fields and never beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  u64(): number {
    const value = readUint64(this.#bytes, this.#take(8));
    if (!Number.isSafeInteger(value)) throw new CorruptRecord("a number is too large");
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new CorruptRecord("a number is too long");
  }

  text(): string {
    const length = this.varint();
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  bytes(): Buffer {
    const length = this.varint();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** All that is left, as a view of the record read. */
  rest(): Buffer {
    const at = this.#at;
    this.#at = this.#end;
    return this.#bytes.subarray(at, this.#end);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** A record that says more than its layout is not ours. */
  end(): void {
    if (this.#at !== this.#end) throw new CorruptRecord("the record is too long");
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new CorruptRecord("the record is too short");
    this.#at = at + length;
    return at;
  }
}
