import { countUp } from "../base/count-up.ts";
import type { DropReason } from "../base/counters.ts";
import type { Message } from "../base/message.ts";
import type { QueueBudget } from "../base/queue-budget.ts";

/** Why a queue went without a message: its own limit, that of all queues together, a newer message, its age, a refusal. */
export type QueueLoss = Extract<
  DropReason,
  "queue_full" | "budget_full" | "displaced" | "expired" | "refused"
>;

/**
 * What happens to a message of QoS 1 or 2 for a full queue: it waits, is refused, is refused where the publisher can
 * be told and left out elsewhere, is left out, or displaces the oldest entry that was never handed out.
 */
export type WhenFull = "block" | "reject" | "rejectElseDrop" | "dropNewest" | "dropOldest";

/** Which queue went without a message, and how many of them by now. */
export interface LosingQueue {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
  readonly dropped: ReadonlyMap<DropReason, number> | undefined;
}

/** What a queue may hold, and what happens beyond: set by its owner, not stored. Shared by queues of one kind. */
export interface QueuePolicy {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  readonly whenFull: WhenFull;
  /** What this queue and others may hold together. */
  readonly budget?: QueueBudget;
  /** True: while the queue is full, what has expired at its head is removed although nobody consumes it. */
  readonly removesExpired?: boolean;
  /** Called while an operation is applied, too: must not throw. */
  missed(message: Message, reason: QueueLoss, queue: LosingQueue): void;
}

export const NO_LIMITS: QueuePolicy = {
  maximumMessages: Number.POSITIVE_INFINITY,
  maximumBytes: Number.POSITIVE_INFINITY,
  whenFull: "dropNewest",
  missed() {},
};

/** What is read from disk at a time to find what has to go. */
const PAGE_ENTRIES = 512;
const PAGE_BYTES = 1024 * 1024;
/** A queue that drops its oldest may hold twice its limit, and so much more, until they are read and removed. */
const OVERSHOOT_MESSAGES = 1024;
const OVERSHOOT_BYTES = 4 * 1024 * 1024;

/** What a queue holds, as its limits count it. */
export interface Held {
  readonly count: number;
  readonly bytes: number;
}

/** How much of a queue's oldest is to be read. */
export interface Page {
  readonly limit: number;
  readonly maximumBytes: number;
}

/** A queue's dealings with its limits. Made when one is reached for the first time: most queues never have one. */
export class QueueOverflow {
  /** Since the process began. */
  readonly dropped = new Map<DropReason, number>();
  /** Entries from the end of what was handed out up to here are gone. */
  goneEnd = 0;
  /** The oldest are being read from disk. */
  isTrimming = false;
  /** Nothing at the head expires before this time, as far as it was looked at. */
  freshUntil = 0;
  /** What this queue put in while the budget was spent, and has not made good: it pays with its own oldest. */
  #owedMessages = 0;
  #owedBytes = 0;

  count(reason: DropReason): void {
    countUp(this.dropped, reason);
  }

  entered(bytes: number, { budget }: QueuePolicy): void {
    if (budget === undefined) return;
    if (budget.messages > budget.maximumMessages) this.#owedMessages++;
    if (budget.bytes > budget.maximumBytes) this.#owedBytes += bytes;
  }

  left(bytes: number): void {
    this.#owedMessages = Math.max(0, this.#owedMessages - 1);
    this.#owedBytes = Math.max(0, this.#owedBytes - bytes);
  }

  excessMessages({ count }: Held, { maximumMessages, budget }: QueuePolicy): number {
    const owed =
      budget === undefined ? 0 : Math.min(this.#owedMessages, budget.messages - budget.maximumMessages);
    return Math.max(0, owed, count - maximumMessages);
  }

  excessBytes({ bytes }: Held, { maximumBytes, budget }: QueuePolicy): number {
    const owed = budget === undefined ? 0 : Math.min(this.#owedBytes, budget.bytes - budget.maximumBytes);
    return Math.max(0, owed, bytes - maximumBytes);
  }

  isOver(held: Held, policy: QueuePolicy): boolean {
    return this.excessMessages(held, policy) > 0 || this.excessBytes(held, policy) > 0;
  }

  /** No more than what has to go, and a page at most. */
  page(held: Held, policy: QueuePolicy): Page {
    const messages = this.excessMessages(held, policy);
    const bytes = this.excessBytes(held, policy);
    if (messages === 0 && bytes > 0) {
      return { limit: PAGE_ENTRIES, maximumBytes: Math.min(bytes, PAGE_BYTES) };
    }
    return {
      limit: messages === 0 ? PAGE_ENTRIES : Math.min(messages, PAGE_ENTRIES),
      maximumBytes: PAGE_BYTES,
    };
  }
}

/** The limit that holds this queue's next message back; undefined when there is room. */
export function lossAtLimit({ count, bytes }: Held, policy: QueuePolicy): QueueLoss | undefined {
  if (count >= policy.maximumMessages || bytes >= policy.maximumBytes) return "queue_full";
  return policy.budget?.isSpent ? "budget_full" : undefined;
}

/** Whether so much waits to be removed that no more is taken. */
export function isFarOver(
  { count, bytes }: Held,
  { maximumMessages, maximumBytes, budget }: QueuePolicy,
): boolean {
  return (
    count >= 2 * maximumMessages + OVERSHOOT_MESSAGES ||
    bytes >= 2 * maximumBytes + OVERSHOOT_BYTES ||
    (budget !== undefined &&
      (budget.messages >= 2 * budget.maximumMessages + OVERSHOOT_MESSAGES ||
        budget.bytes >= 2 * budget.maximumBytes + OVERSHOOT_BYTES))
  );
}

export function isExpired(message: Message | undefined, at: number): boolean {
  return message !== undefined && message.expiresAt !== 0 && message.expiresAt <= at;
}
