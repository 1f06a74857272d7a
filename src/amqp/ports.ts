import type { Clock } from "../base/clock.ts";
import type { Counters } from "../base/counters.ts";
import type { Entrance } from "../base/entrance.ts";
import type { FieldTable } from "../base/field-table.ts";
import type { ClientId, TopicFilter, TopicName } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";
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
   * `qos` is 1 for delivery-mode 2, else 0; `topicName` is "": the engine gives it to what reaches MQTT subscribers.
   */
  readonly message: Message;
  readonly exchange: string;
  readonly routingKey: string;
  /** Further routing keys: the headers CC and BCC (BCC already removed from the header). */
  readonly furtherKeys: readonly string[];
  /** The headers, decoded only when an exchange asks. */
  headers(): FieldTable;
  /** Whether its publisher may send to this topic. */
  mayPublish(topicName: string): boolean;
  /** What MQTT subscribers get to see of it; asked only when it reaches them. */
  shown(): Pick<Message, "properties" | "retain">;
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
  /** Back to its place; counts towards the delivery limit, whatever the reason. */
  requeue(): void;
  /** Dead-lettered as `rejected`, or gone. */
  reject(): void;
}

/** A consumer as its queue sees it. */
export interface QueueConsumer {
  /** basic.consume with no-ack: what is handed over is acknowledged at once. */
  readonly noAck: boolean;
  /** Whose it is, for operators. */
  readonly client?: string;
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
  /** For a name that was made up here. */
  declareNamedQueue(
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

  /** Whether the queue shows what MQTT clients publish under its exact topic: it is bound to the exchange `mqtt`. */
  showsTopics(queue: string): boolean;

  /** The connection is gone: its exclusive queues go with it. */
  release(owner: QueueOwner): void;
}

/** Who somebody is: what rules are asked about. */
export interface Identity {
  readonly clientId: ClientId;
  readonly user: string;
}

export interface Credentials {
  readonly clientId: ClientId;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  readonly isLoopback: boolean;
  /** Who the client is by its verified certificate; it stands for user name and password. */
  readonly certificateUser?: string | undefined;
}

export type AuthResult =
  | { readonly accepted: true; readonly user: string }
  | { readonly accepted: false; readonly reason: "badUserNameOrPassword" | "notAuthorized" };

/** The same users and rules as for MQTT clients. */
export interface Authorization {
  authenticate(credentials: Credentials): AuthResult | Promise<AuthResult>;
  mayPublish(identity: Identity, topicName: TopicName): boolean;
  maySubscribe(identity: Identity, topicFilter: TopicFilter): boolean;
  /** False: no rules are configured. */
  readonly hasRules: boolean;
}

export interface Journal {
  /** More waits to be written than memory should hold: publishers are not read. */
  readonly isBehind: boolean;
  whenCaughtUp(task: () => void): void;
  /** Runs the waiter when all that was changed so far is durable; at once when nothing is pending. */
  whenCommitted(waiter: CommitWaiter, token: number): void;
}

/** All that AMQP needs of the broker, gathered for compose. */
export interface AmqpPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly hosts: { get(name: string): VirtualHost | undefined };
  readonly authorization: Authorization;
  readonly journal: Journal;
  readonly entrance: Entrance;
  /** Unguessable, made of letters and digits. */
  randomId(): string;
}

/** `amqp:` of the configuration, and what else applies to AMQP. */
export interface AmqpOptions {
  /** Bytes of a whole frame. */
  readonly maximumFrameSize: number;
  readonly maximumChannels: number;
  /** Payload bytes. */
  readonly maximumMessageSize: number;
  /** Seconds; 0 = none. */
  readonly heartbeat: number;
  readonly product: string;
  readonly version: string;
  /** Seconds until the virtual host must be open. */
  readonly connectTimeout: number;
}
