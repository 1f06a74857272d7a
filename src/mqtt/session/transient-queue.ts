import { countUp } from "../../base/count-up.ts";
import type { DropReason } from "../../base/counters.ts";
import type { Message } from "../../base/message.ts";
import { owned } from "../../base/message.ts";
import type { QueueBudget } from "../../base/queue-budget.ts";
import type { Delivery, QueuedMessage } from "../../base/queued-message.ts";
import type { DeliverySource } from "../ports.ts";

export interface TransientLimits {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  /** The oldest message gives way to a new one; else the new one is left out. */
  readonly dropsOldest: boolean;
  /** What all such queues may hold together. */
  readonly budget: QueueBudget;
  /** Told of each message that is lost, and of which client's queue. */
  missed(reason: DropReason, queue: TransientQueue): void;
}

/** Messages that wait for a connected client whose session ends with its connection: in memory, lost with it. */
export class TransientQueue implements DeliverySource {
  readonly name: string;
  readonly #limits: TransientLimits;
  #entries: QueuedMessage[] = [];
  #first = 0;
  #bytes = 0;
  #nextSeq = 0;
  #dropped: Map<DropReason, number> | undefined;

  /** `name`: whose queue it is, for the log. */
  constructor(name: string, limits: TransientLimits) {
    this.name = name;
    this.#limits = limits;
  }

  get count(): number {
    return this.#entries.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What it went without; undefined = nothing. */
  get dropped(): ReadonlyMap<DropReason, number> | undefined {
    return this.#dropped;
  }

  /** Nothing ever goes out twice: the session does not outlive the connection. */
  get sentEnd(): number {
    return 0;
  }

  /** A place in the order for a message that is sent without waiting here. */
  nextSeq(): number {
    return this.#nextSeq++;
  }

  /** Where there is no room the message, or the oldest that waits, is lost. */
  push(message: Message, delivery: Delivery): void {
    const loss = this.#lossAtLimit();
    if (loss !== undefined) {
      if (!this.#limits.dropsOldest || this.take() === undefined) {
        this.#lost(loss);
        return;
      }
      this.#lost("displaced");
    }
    this.#entries.push({ seq: this.#nextSeq++, message: lastOwned.of(message), delivery });
    this.#account(1, message.payload.length);
  }

  take(): QueuedMessage | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    this.#first++;
    this.#account(-1, -(entry.message?.payload.length ?? 0));
    if (this.#first >= 1024 || this.#first === this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }

  countDropped(reason: DropReason): void {
    this.#dropped ??= new Map();
    countUp(this.#dropped, reason);
  }

  attach(): void {}

  detach(): void {
    this.#account(-this.count, -this.#bytes);
    this.#entries = [];
    this.#first = 0;
  }

  #lossAtLimit(): "queue_full" | "budget_full" | undefined {
    const { maximumMessages, maximumBytes, budget } = this.#limits;
    if (this.count >= maximumMessages || this.#bytes >= maximumBytes) return "queue_full";
    return budget.isSpent ? "budget_full" : undefined;
  }

  #account(messages: number, bytes: number): void {
    this.#bytes += bytes;
    this.#limits.budget.add(messages, bytes);
  }

  #lost(reason: DropReason): void {
    this.countDropped(reason);
    this.#limits.missed(reason, this);
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
