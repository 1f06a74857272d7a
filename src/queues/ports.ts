import type { FieldTable } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";
import type { Delivery, QueuedMessage } from "../base/queued-message.ts";

/** Told when a durable change is as durable as configured. */
export interface CommitWaiter {
  committed(token: number): void;
}

/** An entry of a lane: `deliveryCount` is how often a consumer gave it back, and outlives the process. */
export interface LaneEntry extends QueuedMessage {
  readonly deliveryCount: number;
}

export interface LaneConsumer {
  readonly committedOnly: boolean;
  /** What may be taken and not settled at a time. */
  readonly takenLimits: { readonly entries: number; readonly bytes: number };
  /** `take` may have something new. Called while an operation is applied: must not throw, nor append to the journal. */
  ready(): void;
}

/**
 * Where the messages of one priority of one queue wait, in order of seq: a durable queue of `src/state`, or one in
 * memory with the same rules (`MemoryLane`). It has one consumer, the queue engine, which spreads what it takes.
 */
export interface Lane {
  readonly name: string;
  readonly count: number;
  /** Payloads, and ENTRY_OVERHEAD_BYTES (`memory-lane.ts`) for each entry. */
  readonly bytes: number;
  readonly nextSeq: number;
  /** Entries below this seq were handed out before (perhaps by a process that is gone). */
  readonly sentEnd: number;
  attach(consumer: LaneConsumer): void;
  /** Gives up the window; after `attach` all that is not settled comes again. */
  detach(): void;
  /** The next entry in order; undefined when none is ready: `ready` tells. */
  take(): LaneEntry | undefined;
}

/** Where a message goes: one lane each. `L` is a durable queue in the state's words. */
export interface LaneTarget<L> {
  readonly queue: L;
  readonly delivery: Delivery;
}

/**
 * Durable changes the engine asks for. Applied at once, in order; what is appended in one turn is written in one batch.
 * `committed` of a waiter runs after all that was appended before is on disk.
 */
export interface QueueJournal<L> {
  /** The lane of this name: found, or new. */
  declareLane(name: string): L;
  dropLane(lane: L): void;
  /** Keeps a named value (an exchange, a queue, a binding); undefined removes it. */
  define(name: string, value: Buffer | undefined, waiter?: CommitWaiter, token?: number): void;
  settle(lane: L, seq: number): void;
  /** Moves an entry into other lanes in one write: dead-lettering. Nothing happens when it is gone already. */
  bury(lane: L, seq: number, message: Message, targets: readonly LaneTarget<L>[]): void;
  /** The entry keeps its place, and its count. */
  requeue(lane: L, seq: number, deliveryCount: number): void;
  /** Notes how far a lane was handed out, for `sentEnd` after a clean restart. */
  mark(lane: L, sentEnd: number): void;
  /** Runs the waiter when all appended so far is durable; at once when nothing is pending. */
  whenCommitted(waiter: CommitWaiter, token: number): void;
}

/** A message that reaches MQTT receivers too goes through the routing core: each durable queue once, one write. */
export interface TopicRouting<L> {
  /** False: this virtual host sees no MQTT topics, and `amq.topic` is an exchange like any other. */
  readonly seesTopics: boolean;
  /**
   * `targets` are the lanes the engine's own exchanges found. With `isRouted` the receivers of `message.topicName` get
   * it as well, but for those in `except`. Returns bits: 1 = pending, the waiter will be told; 2 = somebody got it.
   */
  publish(
    targets: readonly LaneTarget<L>[],
    message: Message,
    isRouted: boolean,
    waiter: CommitWaiter,
    token: number,
    except?: ReadonlySet<QueueReceiver<L>>,
  ): number;
  /** Some receiver of this topic (a full bridge, a full queue) refuses it. */
  refuses(message: Message): boolean;
  /** What `RouteSource.match` answers has changed. */
  bindingsChanged(): void;
  /** A queue bound on the exchange `mqtt`: a subscription of the routing core with the exact filter. */
  subscribe(receiver: QueueReceiver<L>, topicFilter: string): void;
  unsubscribe(receiver: QueueReceiver<L>, topicFilter: string): void;
}

/** A queue as the routing core sees it: one object per queue, so that a queue bound twice gets one copy. */
export interface QueueReceiver<L> {
  /** True for x-overflow reject-publish. */
  readonly mayRefuse: boolean;
  readonly id: "";
  /** The lane the message goes to; undefined: `deliver` takes it (a queue in memory). */
  queueFor(message: Message): L | undefined;
  deliver(message: Message, delivery: Delivery): void;
}

/** What clients declare. */
export type DefinitionKind = "exchange" | "queue" | "binding";

/** How much may be declared, over all virtual hosts. */
export interface DefinitionLimits {
  /** Why there may not be one more with these arguments, in words for the client; undefined: there is room. */
  refusalOf(kind: DefinitionKind, table: FieldTable): string | undefined;
}

/** Asked by the routing core for each new topic, and remembered: who gets what MQTT clients publish there, by `amq.topic`. */
export interface RouteSource<L> {
  match(topicName: string, receivers: QueueReceiver<L>[]): void;
}

/** Bytes of AMQP in and out, from the codec. */
export interface HeaderCodec {
  encodeTable(table: FieldTable): Buffer;
  decodeTable(bytes: Buffer): FieldTable;
  /** The headers of a message: of its envelope, or made from its MQTT properties. */
  headersOf(message: Message): FieldTable;
  /** The priority in its content header; 0 when it has none. */
  priorityOf(message: Message): number;
  /** The same message with other headers, under another exchange and routing key; without `expiration` when told so. */
  readdressed(
    message: Message,
    change: {
      readonly exchange: string;
      readonly routingKey: string;
      readonly headers: FieldTable;
      readonly withoutExpiration: boolean;
      readonly receivedAt: number;
    },
  ): Message;
}
