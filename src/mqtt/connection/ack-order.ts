import type { AckType } from "../codec/acks.ts";
import { PacketType } from "../codec/packets.ts";
import type { CommitWaiter } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";

export interface AckWriter {
  writeAck(type: AckType, packetId: number, reasonCode: ReasonCode): void;
}

/** Places at first, doubled as needed: as many as answers are owed at once. */
const FIRST_PLACES = 16;
/** More places than these are given back when nothing is owed any more. */
const PLACES_KEPT = 256;
const NO_PLACES: number[] = [];

/**
 * Acknowledgements leave in the order of what they acknowledge [MQTT3-4.6.0-2], each when it is true: one that waits
 * for the disk holds back those behind it. A token is the place in this order. Tuned: a ring of numbers, no object per
 * acknowledgement.
 *
 *     packet id: bits 0–15 | type: 16–19 | reason code: 20–27 | is due: 28
 */
export class AckOrder implements CommitWaiter {
  readonly #writer: AckWriter;
  /** The place of a token is its remainder; the length is 0 or a power of two. */
  #ring = NO_PLACES;
  #firstToken = 0;
  #nextToken = 0;
  #waitingPubacks = 0;

  constructor(writer: AckWriter) {
    this.#writer = writer;
  }

  get waitingCount(): number {
    return this.#nextToken - this.#firstToken;
  }

  get waitingPubacks(): number {
    return this.#waitingPubacks;
  }

  /** hot: takes a place; `settle` or `committed` says when it is due. */
  reserve(type: AckType, packetId: number): number {
    if (type === PacketType.Puback) this.#waitingPubacks++;
    if (this.waitingCount === this.#ring.length) this.#grow();
    const token = this.#nextToken++;
    this.#ring[token & (this.#ring.length - 1)] = packetId | (type << 16) | (ReasonCode.Success << 20);
    return token;
  }

  /** The answer for a place, not due yet. */
  answer(token: number, reasonCode: ReasonCode): void {
    if (!this.#isWaiting(token)) return;
    const place = token & (this.#ring.length - 1);
    this.#ring[place] = ((this.#ring[place] as number) & ~(0xff << 20)) | (reasonCode << 20);
  }

  /** Nothing is left to wait for. */
  settle(token: number, reasonCode: ReasonCode): void {
    this.answer(token, reasonCode);
    this.committed(token);
  }

  /** hot */
  committed(token: number): void {
    if (!this.#isWaiting(token)) return;
    const place = token & (this.#ring.length - 1);
    this.#ring[place] = (this.#ring[place] as number) | (1 << 28);
    if (token === this.#firstToken) this.#send();
  }

  #isWaiting(token: number): boolean {
    return token >= this.#firstToken && token < this.#nextToken;
  }

  #send(): void {
    while (this.#firstToken < this.#nextToken) {
      const ack = this.#ring[this.#firstToken & (this.#ring.length - 1)] as number;
      if (ack >>> 28 === 0) return;
      this.#firstToken++;
      const type = ((ack >>> 16) & 0xf) as AckType;
      if (type === PacketType.Puback) this.#waitingPubacks--;
      this.#writer.writeAck(type, ack & 0xffff, ((ack >>> 20) & 0xff) as ReasonCode);
    }
    if (this.#ring.length > PLACES_KEPT) this.#ring = NO_PLACES;
  }

  #grow(): void {
    const before = this.#ring;
    const after = new Array<number>(Math.max(FIRST_PLACES, before.length * 2)).fill(0);
    for (let token = this.#firstToken; token < this.#nextToken; token++) {
      after[token & (after.length - 1)] = before[token & (before.length - 1)] as number;
    }
    this.#ring = after;
  }
}
