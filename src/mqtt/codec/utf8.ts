import { isUtf8 } from "node:buffer";
import { assert } from "../../base/errors.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";

const LONGEST_TEXT_BYTES = 0xffff;

/** Decodes the bytes of a UTF-8 Encoded String; a BOM stays [MQTT-1.5.4-3]. */
export function readUtf8(buffer: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const byte = buffer[i] as number;
    if (byte === 0) throw new MqttError(ReasonCode.MalformedPacket, "U+0000 in a string", "MQTT-1.5.4-2");
    if (byte >= 0x80) return readBeyondAscii(buffer, start, end);
  }
  return buffer.toString("latin1", start, end);
}

function readBeyondAscii(buffer: Buffer, start: number, end: number): string {
  const bytes = buffer.subarray(start, end);
  if (!isUtf8(bytes)) throw new MqttError(ReasonCode.MalformedPacket, "ill-formed UTF-8", "MQTT-1.5.4-1");
  if (bytes.includes(0))
    throw new MqttError(ReasonCode.MalformedPacket, "U+0000 in a string", "MQTT-1.5.4-2");
  return bytes.toString("utf8");
}

/** Bytes of the text in UTF-8, its length prefix left out. Tuned: most texts are short and ASCII. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text);
  }
  return text.length;
}

/** Writes a UTF-8 Encoded String with its two-byte length (MQTT 5 §1.5.4); returns the offset behind it. */
export function writeUtf8(target: Buffer, offset: number, text: string): number {
  const start = offset + 2;
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      at = start + target.write(text, start, "utf8");
      break;
    }
    target[at++] = unit;
  }
  const length = at - start;
  assert(length <= LONGEST_TEXT_BYTES, "a string on the wire has at most 65535 bytes");
  target[offset] = length >>> 8;
  target[offset + 1] = length & 0xff;
  return at;
}
