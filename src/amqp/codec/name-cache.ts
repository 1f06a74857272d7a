const SLOTS = 1024;

/**
 * From the bytes of an exchange's name or a routing key to one string, so that a repeated one is not decoded again and
 * a map that is asked with it finds its hash already computed. Tuned: a name has one slot, the last one there stays.
 * One is made per process and passed to readMethod.
 */
export class NameCache {
  readonly #names: string[] = new Array<string>(SLOTS).fill("");

  /** The text from `start` to `end`, at most 255 bytes; undefined when it is not all ASCII. */
  ascii(buffer: Buffer, start: number, end: number): string | undefined {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) {
      const byte = buffer[i] as number;
      if (byte >= 0x80) return undefined;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#names[slot] as string;
    if (isSame(known, buffer, start, end)) return known;
    const name = buffer.toString("latin1", start, end);
    this.#names[slot] = name;
    return name;
  }
}

function isSame(name: string, buffer: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = start; i < end; i++) {
    if (name.charCodeAt(i - start) !== buffer[i]) return false;
  }
  return true;
}
