/** What is announced to be this long gets its room at once; anything longer gets it as its bytes arrive. */
const TRUSTED_BYTES = 64 * 1024;

/**
 * Bytes to reserve for something that comes in pieces and needs this many so far. Doubles, so that small pieces cost no
 * more than large ones; an announced length alone reserves little.
 */
export function roomFor(neededBytes: number, announcedBytes: number): number {
  return Math.min(announcedBytes, Math.max(TRUSTED_BYTES, 2 * neededBytes));
}

/** A larger buffer that begins with the first `kept` bytes of this one. */
export function enlarged(buffer: Buffer, kept: number, neededBytes: number, announcedBytes: number): Buffer {
  const larger = Buffer.allocUnsafe(roomFor(neededBytes, announcedBytes));
  buffer.copy(larger, 0, 0, kept);
  return larger;
}
