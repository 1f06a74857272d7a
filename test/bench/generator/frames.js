/** Enough of a frame to count and answer it: type, length, topic, packet id and the start of a payload. */
const HEAD_BYTES = 512;

/**
 * Cuts a byte stream into MQTT frames in place. A frame longer than what was read is handed over by its head and the
 * rest of it skipped, so that no payload is ever copied together.
 */
export class FrameReader {
  #onFrame;
  #held = undefined;
  #heldBytes = 0;
  #skip = 0;

  /** @param {(bytes: Buffer, at: number, body: number) => void} onFrame `at` the first byte, `body` after the length. */
  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  push(bytes, count) {
    let at = Math.min(this.#skip, count);
    this.#skip -= at;
    if (this.#heldBytes > 0) at = this.#completeHead(bytes, count);
    at = this.#cut(bytes, at, count);
    if (at < count) this.#hold(bytes, at, count);
  }

  /** Returns how much of `bytes` the frame begun by an earlier read took. */
  #completeHead(bytes, count) {
    const before = this.#heldBytes;
    const added = Math.min(count, HEAD_BYTES - before);
    bytes.copy(this.#held, before, 0, added);
    this.#heldBytes = 0;
    const rest = this.#cutFirst(this.#held, before + added);
    if (rest < 0) {
      this.#heldBytes = before + added;
      return count;
    }
    const taken = Math.min(rest - before, count);
    this.#skip = rest - before - taken;
    return taken;
  }

  /** Hands over the held frame; returns where it ends, or -1 when even its head is not here yet. */
  #cutFirst(held, length) {
    const body = bodyOf(held, 0, length);
    if (body < 0) return -1;
    const end = body + remaining(held, 0, body);
    if (length < Math.min(end, HEAD_BYTES)) return -1;
    this.#onFrame(held, 0, body);
    return end;
  }

  /** Hands over every frame of which enough is here; returns where the first other one begins. */
  #cut(bytes, start, count) {
    for (let at = start; ; ) {
      const body = bodyOf(bytes, at, count);
      if (body < 0) return at;
      const end = body + remaining(bytes, at, body);
      if (end > count && count - at < HEAD_BYTES) return at;
      this.#onFrame(bytes, at, body);
      if (end >= count) {
        this.#skip = end - count;
        return count;
      }
      at = end;
    }
  }

  #hold(bytes, at, count) {
    this.#held ??= Buffer.allocUnsafe(HEAD_BYTES);
    bytes.copy(this.#held, 0, at, count);
    this.#heldBytes = count - at;
  }
}

/** Where the body begins, or -1 when the length is not all here. */
function bodyOf(bytes, at, count) {
  for (let i = at + 1; i < count; i++) if (bytes[i] < 128) return i + 1;
  return -1;
}

function remaining(bytes, at, body) {
  let length = 0;
  for (let i = body - 1; i > at; i--) length = (length << 7) | (bytes[i] & 0x7f);
  return length;
}
