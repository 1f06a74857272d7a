import type { FieldTable } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";

/**
 * What the AMQP rooms ask of the queue engine. Every method that changes something throws a `Refusal` and has then
 * changed nothing; otherwise `waiter.committed(token)` runs once when the change is as durable as configured, at once
 * when nothing of it is durable. A `-ok` leaves only then.
 */
export interface CommitWaiter {
  committed(token: number): void;
}

/** Who declares exclusive queues and consumes from them: one AMQP connection. Compared by identity. */
export type QueueOwner = object;

export interface ExchangeDeclaration {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
}

export interface QueueDeclaration {
  /** Never empty: the connection has made up a name for "". */
  readonly name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

export interface QueueStatus {
  readonly name: string;
  /** Ready: not those in consumers' hands. */
  readonly messageCount: number;
  readonly consumerCount: number;
}

export interface Binding {
  readonly source: string;
  /** A queue's or an exchange's name. */
  readonly destination: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}

/** What a publisher said, read from the content header by the AMQP rooms. */
export interface Publication {
  /**
   * Owned. `envelope` holds exchange, routing key and raw header; `expiresAt` is receivedAt + expiration (0 = none);
   * `qos` is 1 for delivery-mode 2, else 0; `topicName` and `properties` are what MQTT subscribers will see, in case
   * it reaches them ("" when the routing key cannot be said as a topic name).
   */
  readonly message: Message;
  readonly exchange: string;
  readonly routingKey: string;
  /** Further routing keys: the headers CC and BCC (BCC already removed from the header). */
  readonly furtherKeys: readonly string[];
  /** 0 to 255. */
  readonly priority: number;
  /** The headers, decoded only when an exchange asks. */
  headers(): FieldTable;
}

/** What became of a publication, as bits. */
export const PublishResult = {
  /** The waiter will be told; without it everything is done already. */
  Pending: 1,
  /** Some queue or MQTT subscriber got it. */
  Routed: 2,
  /** A queue with x-overflow reject-publish was full, or a bridge refuses: basic.nack. */
  Rejected: 4,
} as const;

/** A message in the hands of a consumer or of basic.get. One of the three is called, once. */
export interface QueueDelivery {
  readonly message: Message;
  /** Headers the engine adds when it is sent (x-delivery-count); undefined = none. */
  readonly addedHeaders: FieldTable | undefined;
  readonly redelivered: boolean;
  acknowledge(): void;
  /** Back to its place; counts towards the delivery limit. `isFault` false: recover, channel closed: counts as well. */
  requeue(): void;
  /** Dead-lettered as `rejected`, or gone. */
  reject(): void;
}

/** A consumer as its queue sees it. */
export interface QueueConsumer {
  /** basic.consume with no-ack: what is handed over is acknowledged at once. */
  readonly noAck: boolean;
  /**
   * Whether it can take one more message of this many payload bytes now: prefetch, socket, channel flow. After false
   * it is asked again only when it has settled a message of this queue or called `ready`.
   */
  mayTake(bytes: number): boolean;
  deliver(delivery: QueueDelivery): void;
  /** The queue is gone (consumer cancel notify). */
  cancelled(): void;
  /** It holds a message longer than the queue allows: the channel is closed with 406. */
  timedOut(): void;
}

export interface ConsumerRequest {
  readonly queue: string;
  /** Shown to operators. */
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

/** One virtual host: a name space of exchanges and queues. */
export interface VirtualHost {
  readonly name: string;
  declareExchange(declaration: ExchangeDeclaration, waiter: CommitWaiter, token: number): void;
  /** Passive declare. */
  checkExchange(name: string): void;
  deleteExchange(name: string, ifUnused: boolean, waiter: CommitWaiter, token: number): void;
  bindExchange(binding: Binding, waiter: CommitWaiter, token: number): void;
  unbindExchange(binding: Binding, waiter: CommitWaiter, token: number): void;

  declareQueue(
    declaration: QueueDeclaration,
    owner: QueueOwner,
    waiter: CommitWaiter,
    token: number,
  ): QueueStatus;
  /** Passive declare. */
  checkQueue(name: string, owner: QueueOwner): QueueStatus;
  bindQueue(binding: Binding, owner: QueueOwner, waiter: CommitWaiter, token: number): void;
  unbindQueue(binding: Binding, owner: QueueOwner, waiter: CommitWaiter, token: number): void;
  /** Returns how many ready messages it removed. */
  purgeQueue(name: string, owner: QueueOwner, waiter: CommitWaiter, token: number): number;
  /** Returns how many ready messages it had. */
  deleteQueue(
    name: string,
    conditions: { readonly ifUnused: boolean; readonly ifEmpty: boolean },
    owner: QueueOwner,
    waiter: CommitWaiter,
    token: number,
  ): number;

  /** Bits of `PublishResult`. */
  publish(publication: Publication, waiter: CommitWaiter, token: number): number;

  consume(request: ConsumerRequest, owner: QueueOwner): Consuming;
  /** basic.get: answers once, perhaps in a later turn; undefined = empty. `remaining`: ready messages behind it. */
  get(
    queue: string,
    noAck: boolean,
    owner: QueueOwner,
    answer: (delivery: QueueDelivery | undefined, remaining: number) => void,
  ): void;

  /** The connection is gone: its exclusive queues go with it. */
  release(owner: QueueOwner): void;
}
