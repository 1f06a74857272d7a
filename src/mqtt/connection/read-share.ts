import type { Reading } from "../../base/reading.ts";
import { Hold } from "./hold.ts";

/** Both are about half a millisecond's work. libuv would read 2 MiB from one socket before it looks at the others. */
const SHARE_BYTES = 512 * 1024;
const SHARE_PACKETS = 1_500;
/** So many acknowledgements count as one packet: with less of a turn a subscriber of fifty publishers falls behind. */
const ACKNOWLEDGEMENTS_PER_PACKET = 64;

/** Sees to it that a client that sends as fast as it can gets its share of a turn of the event loop, not all of it. */
export class ReadShare {
  #reading: Reading<Hold> | undefined;
  #bytes = 0;
  #packets = 0;
  /**
   * Raised by one for each acknowledgement read. A subscriber of many publishers acknowledges what all of them send:
   * with a share like theirs its acknowledgements would fall behind, and its messages wait for them in a queue.
   */
  acknowledgements = 0;

  /** hot: a chunk is about to be handled. */
  begin(): void {
    this.acknowledgements = 0;
  }

  /** hot: one connection has read so much. Above its share, with nobody else read in between, others come first. */
  took(reading: Reading<Hold>, bytes: number, packets: number): void {
    if (this.#reading !== reading) {
      this.#reading = reading;
      this.#bytes = 0;
      this.#packets = 0;
    }
    this.#bytes += bytes;
    this.#packets += packets - this.acknowledgements + this.acknowledgements / ACKNOWLEDGEMENTS_PER_PACKET;
    if (this.#bytes < SHARE_BYTES && this.#packets < SHARE_PACKETS) return;
    this.#reading = undefined; // keeps no closed connection alive
    reading.hold(Hold.ShareTaken);
    reading.release(Hold.ShareTaken);
  }
}
