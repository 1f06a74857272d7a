import type { Clock } from "../base/clock.ts";
import type { Counters } from "../base/counters.ts";
import type { Logger } from "../base/logger.ts";
import type { Message } from "../base/message.ts";
import type { ConsumerRequest, Consuming, QueueDelivery, QueueSettings } from "./hosted-queue.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { HeaderCodec, Lane, LaneTarget, QueueJournal, QueueReceiver } from "./ports.ts";
import type { QueueCounters } from "./queue-counters.ts";

/** Where a dead letter goes. */
export interface DeadLetterRoute<L extends Lane> {
  readonly queues: Iterable<WorkQueue<L>>;
  /** The receivers of its topic name get it as well. */
  readonly isRouted: boolean;
}

/** What the queues of a virtual host ask of it: one object for all of them. */
export interface WorkQueuePorts<L extends Lane> {
  /** For messages to clients. */
  readonly hostName: string;
  readonly journal: QueueJournal<L>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Pick<Counters, "drop">;
  readonly headers: HeaderCodec;
  readonly memory: MemoryBudget;
  /** `queue/<host>/<name>/<priority>`. */
  laneName(queueName: string, priority: number): string;
  /** The lane of this name, if there is one already. */
  findLane(name: string): L | undefined;
  /** The queue puts messages into this lane from now on. */
  laneOpened(lane: L, queue: WorkQueue<L>): void;
  /** Finds the queues without handing anything over; undefined: there is no such exchange (any more). */
  routeDeadLetter(
    message: Message,
    exchange: string,
    routingKeys: readonly string[],
  ): DeadLetterRoute<L> | undefined;
  /** A dead letter that does not leave a durable lane, or that reaches receivers of its topic name. */
  publishDeadLetter(targets: readonly LaneTarget<L>[], message: Message, isRouted: boolean): void;
  /** Auto-delete or x-expires: the host removes the queue and calls its `delete`. */
  expired(queue: WorkQueue<L>): void;
}

export declare class WorkQueue<L extends Lane> {
  readonly settings: QueueSettings;
  readonly counters: QueueCounters;
  /** The queue for the routing core and for exchanges. */
  readonly receiver: QueueReceiver<L>;
  /** `wasHandedOut`: the process before ended without `close`, so all that waits may have been delivered. */
  constructor(
    settings: QueueSettings,
    ports: WorkQueuePorts<L>,
    options?: { readonly wasHandedOut: boolean },
  );
  get name(): string;
  /** Ready messages. */
  get messageCount(): number;
  /** Payload bytes of ready messages. */
  get messageBytes(): number;
  /** In consumers' hands. */
  get unacknowledged(): number;
  get consumerCount(): number;
  /** Messages that came in since the process started. */
  get published(): number;
  /** x-overflow reject-publish, or no memory is left: a publication of this many payload bytes is refused. */
  rejects(bytes: number): boolean;
  /** A publication was turned away: counted, and dead-lettered with reject-publish-dlx. */
  refused(message: Message): void;
  /** Messages were appended. Not needed after `receiver.queueFor` or `push`: they do the same. */
  pushed(): void;
  /** Takes the message over (its payload is no view): a queue in memory. */
  push(message: Message): void;
  /** Throws a `Refusal` when the queue is, or would have to be, consumed exclusively. */
  consume(request: ConsumerRequest): Consuming;
  /** basic.get: answers once, at once when the head is in memory. */
  get(noAck: boolean, answer: (delivery: QueueDelivery | undefined, remaining: number) => void): void;
  /** Removes what is ready now; returns how many messages that are. */
  purge(): number;
  /** Used: declared again, also passively. */
  touch(): void;
  /** The queue is gone, its messages too: consumers are told. */
  delete(): void;
  /** The process stops: notes what was handed out. */
  close(): void;
}
