import type { AckType } from "../codec/acks.ts";
import { PacketType } from "../codec/packets.ts";
import type { CommitWaiter } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";

export interface AckWriter {
  writeAck(type: AckType, packetId: number, reasonCode: ReasonCode): void;
}

/**
 * Acknowledgements leave in the order of what they acknowledge [MQTT3-4.6.0-2], each when it is true: one that waits
 * for the disk holds back those behind it. A token is the place in this order.
 */
export class AckOrder implements CommitWaiter {
  readonly #writer: AckWriter;
  #waiting: Ack[] = [];
  #first = 0;
  /** Token of `#waiting[0]`. */
  #base = 0;
  #waitingPubacks = 0;

  constructor(writer: AckWriter) {
    this.#writer = writer;
  }

  get waitingCount(): number {
    return this.#waiting.length - this.#first;
  }

  get waitingPubacks(): number {
    return this.#waitingPubacks;
  }

  /** hot: takes a place; `settle` or `committed` says when it is due. */
  reserve(type: AckType, packetId: number): number {
    if (type === PacketType.Puback) this.#waitingPubacks++;
    this.#waiting.push({ type, packetId, reasonCode: ReasonCode.Success, isDue: false });
    return this.#base + this.#waiting.length - 1;
  }

  /** The answer for a place, not due yet. */
  answer(token: number, reasonCode: ReasonCode): void {
    const ack = this.#waiting[token - this.#base];
    if (ack !== undefined) ack.reasonCode = reasonCode;
  }

  /** Nothing is left to wait for. */
  settle(token: number, reasonCode: ReasonCode): void {
    this.answer(token, reasonCode);
    this.committed(token);
  }

  committed(token: number): void {
    const ack = this.#waiting[token - this.#base];
    if (ack === undefined) return;
    ack.isDue = true;
    this.#send();
  }

  #send(): void {
    for (;;) {
      const ack = this.#waiting[this.#first];
      if (ack === undefined || !ack.isDue) break;
      this.#first++;
      if (ack.type === PacketType.Puback) this.#waitingPubacks--;
      this.#writer.writeAck(ack.type, ack.packetId, ack.reasonCode);
    }
    if (this.#first === this.#waiting.length || this.#first >= 256) {
      this.#base += this.#first;
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

interface Ack {
  readonly type: AckType;
  readonly packetId: number;
  reasonCode: ReasonCode;
  isDue: boolean;
}
