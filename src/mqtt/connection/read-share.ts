import type { Reading } from "../../base/reading.ts";
import { Hold } from "./hold.ts";

/** About a millisecond's work. libuv would read 32 times as much from one socket before it looks at the others. */
const SHARE_BYTES = 128 * 1024;

/** Sees to it that a client that sends as fast as it can gets its share of a turn of the event loop, not all of it. */
export class ReadShare {
  #reading: Reading<Hold> | undefined;
  #bytes = 0;

  /** hot: one connection has read so much. Above its share, with nobody else read in between, others come first. */
  took(reading: Reading<Hold>, bytes: number): void {
    if (this.#reading !== reading) {
      this.#reading = reading;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if (this.#bytes < SHARE_BYTES) return;
    this.#reading = undefined; // keeps no closed connection alive
    reading.hold(Hold.ShareTaken);
    reading.release(Hold.ShareTaken);
  }
}
