/** What is announced to be this long gets its room at once: two reads. */
const TRUSTED_BYTES = 128 * 1024;
/** Anything longer gets room for at most so many times what has arrived. */
const TRUSTED_PER_BYTE = 16;

/**
 * Bytes to reserve for something that comes in pieces and needs this many so far. Grows in large steps, so that
 * hardly a byte is copied twice; an announced length alone reserves little.
 */
export function roomFor(neededBytes: number, announcedBytes: number): number {
  return Math.min(announcedBytes, Math.max(TRUSTED_BYTES, TRUSTED_PER_BYTE * neededBytes));
}

/** A larger buffer that begins with the first `kept` bytes of this one. */
export function enlarged(buffer: Buffer, kept: number, neededBytes: number, announcedBytes: number): Buffer {
  const larger = Buffer.allocUnsafe(roomFor(neededBytes, announcedBytes));
  buffer.copy(larger, 0, 0, kept);
  return larger;
}
