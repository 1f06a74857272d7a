import type { Message } from "../base/message.ts";
import { owned } from "../base/message.ts";
import type { QueueBudget } from "../base/queue-budget.ts";
import type { Delivery, QueuedMessage } from "../base/queued-message.ts";
import type { RoutableQueue } from "./router.ts";

/** A durable queue as a group uses it. */
export interface GroupQueue extends RoutableQueue {
  attach(consumer: { readonly committedOnly: boolean; ready(): void }): void;
  detach(): void;
  take(): QueuedMessage | undefined;
}

/** Where the messages of a group wait. */
export interface GroupSource {
  /** What was taken and not settled comes again after `detach` and `attach`. */
  attach(ready: () => void): void;
  detach(): void;
  take(): QueuedMessage | undefined;
  settle(queued: QueuedMessage): void;
}

/** For groups that a durable session takes part in. */
export class DurableSource<Q extends GroupQueue> implements GroupSource {
  readonly queue: Q;
  readonly #settle: (queue: Q, seq: number) => void;

  constructor(queue: Q, settle: (queue: Q, seq: number) => void) {
    this.queue = queue;
    this.#settle = settle;
  }

  attach(ready: () => void): void {
    this.queue.attach({ committedOnly: false, ready });
  }

  detach(): void {
    this.queue.detach();
  }

  take(): QueuedMessage | undefined {
    return this.queue.take();
  }

  settle({ seq }: QueuedMessage): void {
    this.#settle(this.queue, seq);
  }
}

/** For all others: lost with the process, as their members' sessions are. */
export class MemorySource implements GroupSource {
  readonly #maximumMessages: number;
  readonly #budget: QueueBudget | undefined;
  #waiting: QueuedMessage[] = [];
  #taken = new Set<QueuedMessage>();
  #nextSeq = 0;

  constructor(maximumMessages: number, budget: QueueBudget | undefined) {
    this.#maximumMessages = maximumMessages;
    this.#budget = budget;
  }

  /** Why nothing more fits; undefined when something does. */
  lossAtLimit(): "queue_full" | "budget_full" | undefined {
    if (this.#waiting.length + this.#taken.size >= this.#maximumMessages) return "queue_full";
    return this.#budget?.isSpent ? "budget_full" : undefined;
  }

  push(message: Message, delivery: Delivery): void {
    this.#waiting.push({ seq: this.#nextSeq++, message: owned(message), delivery });
    this.#budget?.add(1, message.payload.length);
  }

  attach(): void {}

  detach(): void {
    this.#waiting = [...this.#taken, ...this.#waiting];
    this.#taken = new Set();
  }

  take(): QueuedMessage | undefined {
    const queued = this.#waiting.shift();
    if (queued !== undefined) this.#taken.add(queued);
    return queued;
  }

  settle(queued: QueuedMessage): void {
    if (this.#taken.delete(queued)) this.#budget?.add(-1, -(queued.message?.payload.length ?? 0));
  }

  clear(): void {
    this.detach();
    for (const { message } of this.#waiting.splice(0)) this.#budget?.add(-1, -(message?.payload.length ?? 0));
  }
}
