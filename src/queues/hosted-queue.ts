import type { FieldTable } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";
import type { QueueReceiver } from "./ports.ts";
import type { QueueArguments } from "./queue-arguments.ts";

/** What a queue is declared as. */
export interface QueueSettings extends QueueArguments {
  readonly name: string;
  /** Its messages and its definition outlive the process. Never true for exclusive queues. */
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
}

/** A message in the hands of a consumer or of basic.get. One of the three is called, once. */
export interface QueueDelivery {
  readonly message: Message;
  /** Headers added when it is sent; undefined = none. */
  readonly addedHeaders: FieldTable | undefined;
  readonly redelivered: boolean;
  acknowledge(): void;
  /** Back to its place. */
  requeue(): void;
  /** Dead-lettered as `rejected`, or gone. */
  reject(): void;
}

/** A consumer as its queue sees it. */
export interface QueueConsumer {
  /** What is handed over is acknowledged at once. */
  readonly noAck: boolean;
  /** Whose it is, for operators. */
  readonly client?: string;
  /** Whether it can take one more message of this many payload bytes now. */
  mayTake(bytes: number): boolean;
  deliver(delivery: QueueDelivery): void;
  /** The queue is gone. */
  cancelled(): void;
  /** It held a delivery longer than the queue's consumer timeout: its deliveries are to be given back. */
  timedOut(): void;
}

export interface ConsumerRequest {
  readonly tag: string;
  readonly exclusive: boolean;
  readonly arguments: FieldTable;
  readonly consumer: QueueConsumer;
}

/** A consumer that was registered. */
export interface Consuming {
  /** It can take more again. */
  ready(): void;
  /** No more deliveries; what it holds stays its own until settled. */
  cancel(): void;
}

/** A queue as its virtual host uses it. */
export interface HostedQueue<L> {
  readonly settings: QueueSettings;
  readonly receiver: QueueReceiver<L>;
  /** Ready: not those in consumers' hands. */
  readonly messageCount: number;
  readonly consumerCount: number;
  /** x-overflow reject-publish: whether it refuses a message of this many bytes now. */
  rejects(bytes: number): boolean;
  /** A publication was turned away: counted, and perhaps dead-lettered. */
  refused(message: Message): void;
  /** Takes a message over, for a queue in memory. */
  push(message: Message): void;
  consume(request: ConsumerRequest): Consuming;
  get(noAck: boolean, answer: (delivery: QueueDelivery | undefined, remaining: number) => void): void;
  /** Returns how many ready messages it removes; `done` is told when they are gone, or the queue is. */
  purge(done: () => void): number;
  /** It was used: x-expires begins anew. */
  touch(): void;
  /** Deleted: consumers are cancelled, lanes dropped, timers ended. */
  delete(): void;
  /** The process stops: notes what was handed out. */
  close(): void;
}
