import type { Reading } from "../../base/reading.ts";
import { Hold } from "./hold.ts";

/** Both are about half a millisecond's work. libuv would read 2 MiB from one socket before it looks at the others. */
const SHARE_BYTES = 512 * 1024;
const SHARE_PACKETS = 1_500;

/** Sees to it that a client that sends as fast as it can gets its share of a turn of the event loop, not all of it. */
export class ReadShare {
  #reading: Reading<Hold> | undefined;
  #bytes = 0;
  #packets = 0;

  /** hot: one connection has read so much. Above its share, with nobody else read in between, others come first. */
  took(reading: Reading<Hold>, bytes: number, packets: number): void {
    if (this.#reading !== reading) {
      this.#reading = reading;
      this.#bytes = 0;
      this.#packets = 0;
    }
    this.#bytes += bytes;
    this.#packets += packets;
    if (this.#bytes < SHARE_BYTES && this.#packets < SHARE_PACKETS) return;
    this.#reading = undefined; // keeps no closed connection alive
    reading.hold(Hold.ShareTaken);
    reading.release(Hold.ShareTaken);
  }
}
