import { assert } from "../../base/errors.ts";

/** A short string has its length in one byte (AMQP 0-9-1 §4.2.5.3). */
export const LONGEST_SHORT_STRING_BYTES = 255;

/** Bytes on the wire, the length byte included. Tuned: most are short and ASCII. */
export function shortStringLength(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return 1 + Buffer.byteLength(text);
  }
  return 1 + text.length;
}

/** Writes length and text and returns the offset behind them; the target must have room for `shortStringLength`. */
export function writeShortString(target: Buffer, offset: number, text: string): number {
  let at = offset + 1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      at = offset + 1 + target.write(text, offset + 1, "utf8");
      break;
    }
    target[at++] = unit;
  }
  const length = at - offset - 1;
  assert(length <= LONGEST_SHORT_STRING_BYTES, "a short string has at most 255 bytes");
  target[offset] = length;
  return at;
}

/** The text, cut before the first character that ends behind its 255th byte. */
export function cutShortString(text: string): string {
  if (shortStringLength(text) <= 1 + LONGEST_SHORT_STRING_BYTES) return text;
  const bytes = Buffer.from(text);
  let end = LONGEST_SHORT_STRING_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
