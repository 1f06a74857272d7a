import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { readUtf8 } from "./utf8.ts";

/** Reads the data types of MQTT 5 §1.5 one after another; a missing byte is a Malformed Packet. */
export class ByteReader {
  readonly buffer: Buffer;
  position: number;
  readonly end: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.position === this.end;
  }

  byte(): number {
    return this.buffer[this.#take(1)] as number;
  }

  uint16(): number {
    const at = this.#take(2);
    return ((this.buffer[at] as number) << 8) | (this.buffer[at + 1] as number);
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.#take(4));
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw malformed("a Variable Byte Integer has a needless byte");
        return value;
      }
    }
    throw malformed("a Variable Byte Integer has more than four bytes");
  }

  text(): string {
    const length = this.uint16();
    const start = this.#take(length);
    return readUtf8(this.buffer, start, start + length);
  }

  /** A copy: what it returns may be kept. */
  binary(): Buffer {
    const length = this.uint16();
    const start = this.#take(length);
    return Buffer.from(this.buffer.subarray(start, start + length));
  }

  /** A second reader of what is left; this one stays where it is. */
  fork(): ByteReader {
    return new ByteReader(this.buffer, this.position, this.end);
  }

  /** A reader of the next `length` bytes, which this one skips. */
  part(length: number): ByteReader {
    const start = this.#take(length);
    return new ByteReader(this.buffer, start, start + length);
  }

  #take(count: number): number {
    const start = this.position;
    if (count > this.end - start) throw malformed("the packet ends too early");
    this.position = start + count;
    return start;
  }
}

function malformed(detail: string): MqttError {
  return new MqttError(ReasonCode.MalformedPacket, detail);
}
