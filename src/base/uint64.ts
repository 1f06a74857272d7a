const TWO_TO_32 = 0x1_0000_0000;

/** Eight bytes, the highest first: exact up to 2^53 - 1, the nearest number above. */
export function readUint64(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at) * TWO_TO_32 + buffer.readUInt32BE(at + 4);
}

/** Takes a safe integer that is not negative; returns the offset behind it. */
export function writeUint64(target: Buffer, value: number, at: number): number {
  const middle = target.writeUInt32BE(Math.floor(value / TWO_TO_32), at);
  return target.writeUInt32BE(value >>> 0, middle);
}
