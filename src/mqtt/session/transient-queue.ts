import type { Message } from "../../base/message.ts";
import { owned } from "../../base/message.ts";
import type { Delivery, QueuedMessage } from "../../base/queued-message.ts";
import type { DeliverySource } from "../ports.ts";

export interface TransientLimits {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
}

/** Messages that wait for a connected client whose session ends with its connection: in memory, lost with it. */
export class TransientQueue implements DeliverySource {
  readonly #limits: TransientLimits;
  #entries: QueuedMessage[] = [];
  #first = 0;
  #bytes = 0;
  #nextSeq = 0;

  constructor(limits: TransientLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#entries.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing ever goes out twice: the session does not outlive the connection. */
  get sentEnd(): number {
    return 0;
  }

  get isFull(): boolean {
    return this.count >= this.#limits.maximumMessages || this.#bytes >= this.#limits.maximumBytes;
  }

  /** A place in the order for a message that is sent without waiting here. */
  nextSeq(): number {
    return this.#nextSeq++;
  }

  push(message: Message, delivery: Delivery): void {
    this.#entries.push({ seq: this.#nextSeq++, message: lastOwned.of(message), delivery });
    this.#bytes += message.payload.length;
  }

  take(): QueuedMessage | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    this.#first++;
    this.#bytes -= entry.message?.payload.length ?? 0;
    if (this.#first >= 1024 || this.#first === this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }

  attach(): void {}

  detach(): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}

/** One copy for all the sessions that queue the same message. */
class LastOwned {
  #message: Message | undefined;
  #copy: Message | undefined;

  of(message: Message): Message {
    if (this.#message !== message || this.#copy === undefined) {
      this.#message = message;
      this.#copy = owned(message);
    }
    return this.#copy;
  }
}

const lastOwned = new LastOwned();
