import type { Clock } from "../base/clock.ts";
import type { Counters, DropReason } from "../base/counters.ts";
import type { Logger } from "../base/logger.ts";
import { QueueBudget } from "../base/queue-budget.ts";
import { TokenBucket } from "../base/token-bucket.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { Queue } from "../state/queue.ts";
import type { LosingQueue, QueuePolicy, WhenFull } from "../state/queue-overflow.ts";

export interface QueueLimitPorts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** An episode has ended when a queue lost nothing for so long. */
const EPISODE_MS = 60_000;
const LINES_PER_SECOND = 20;
const LINES_AT_ONCE = 100;

/** `sessions:` of the configuration: one policy for the queues of all sessions and shared subscriptions. */
export class QueueLimits {
  /** Of all durable ones. */
  readonly durable: QueueBudget;
  /** Of those in memory. */
  readonly transient: QueueBudget;
  readonly policy: QueuePolicy;
  readonly #sessions: BrokerConfig["sessions"];
  readonly #ports: QueueLimitPorts;
  /** When each queue last lost a message. */
  readonly #lastLossAt = new WeakMap<LosingQueue, number>();
  readonly #lines: TokenBucket;

  constructor({ sessions }: Pick<BrokerConfig, "sessions">, ports: QueueLimitPorts) {
    this.#sessions = sessions;
    this.#ports = ports;
    this.#lines = new TokenBucket(LINES_PER_SECOND, LINES_AT_ONCE, ports.clock.now());
    this.durable = new QueueBudget({
      maximumMessages: orUnlimited(sessions.maximumTotalMessages),
      maximumBytes: orUnlimited(sessions.maximumTotalBytes),
    });
    this.transient = new QueueBudget({
      maximumMessages: Number.POSITIVE_INFINITY,
      maximumBytes: orUnlimited(sessions.maximumTransientBytes),
    });
    this.policy = {
      maximumMessages: orUnlimited(sessions.maximumQueuedMessages),
      maximumBytes: orUnlimited(sessions.maximumQueuedBytes),
      whenFull: queuesWhenFull(sessions.whenFull),
      budget: this.durable,
      removesExpired: true,
      missed: (_message, reason, queue) => this.lost(reason, queue),
    };
  }

  limit(queue: Queue): void {
    if (queue.policy !== this.policy) queue.policy = this.policy;
  }

  /** Counts each message, and logs one line per queue and episode. */
  lost(reason: DropReason, queue: LosingQueue): void {
    const { counters, clock } = this.#ports;
    counters.drop(reason);
    if (reason === "expired") return;
    const now = clock.now();
    const lastAt = this.#lastLossAt.get(queue);
    this.#lastLossAt.set(queue, now);
    if ((lastAt === undefined || now - lastAt >= EPISODE_MS) && this.#lines.take(now))
      this.#log(reason, queue);
  }

  #log(reason: DropReason, queue: LosingQueue): void {
    const { name, count, bytes } = queue;
    const dropped = [...(queue.dropped?.values() ?? [])].reduce((sum, some) => sum + some, 0);
    const fields = {
      queue: name,
      reason,
      limit: this.#limitOf(reason, queue),
      messages: count,
      bytes,
      dropped,
    };
    this.#ports.logger.warn(fields, `a queue is full: ${WORDS.get(reason) ?? "messages are left out"}`);
  }

  #limitOf(reason: DropReason, { name, count }: LosingQueue): string {
    const isDurable = !name.startsWith(TRANSIENT_PREFIX);
    if (reason === "budget_full") {
      return isDurable ? "sessions.maximumTotalMessages or Bytes" : "sessions.maximumTransientBytes";
    }
    const isLong = count >= orUnlimited(this.#sessions.maximumQueuedMessages);
    return isLong ? "sessions.maximumQueuedMessages" : "sessions.maximumQueuedBytes";
  }
}

const TRANSIENT_PREFIX = "transient/";

const WORDS: ReadonlyMap<DropReason, string> = new Map([
  ["displaced", "its oldest messages give way to new ones"],
  ["refused", "messages for it are refused"],
]);

/** 0 in the configuration means no limit. */
export function orUnlimited(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}

function queuesWhenFull(whenFull: BrokerConfig["sessions"]["whenFull"]): WhenFull {
  return whenFull === "reject" ? "rejectElseDrop" : whenFull;
}
