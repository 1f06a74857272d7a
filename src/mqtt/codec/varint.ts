/** The largest Variable Byte Integer, and so the largest Remaining Length (MQTT 5 §1.5.5). */
export const LARGEST_VARINT = 0x0fffffff;

/** Bytes that `value` takes as a Variable Byte Integer, always the fewest [MQTT-1.5.5-1]. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x200000 ? 3 : 4;
}

/** Writes a Variable Byte Integer and returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}
