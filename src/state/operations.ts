import type { ClientId, TopicFilter } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import type { DurableSession } from "./durable-session.ts";
import type { Queue } from "./queue.ts";
import type { QueueEntry, WillRecord } from "./records.ts";

/** One durable receiver of a message. */
export interface Target {
  readonly queue: Queue;
  readonly delivery: Delivery;
}

/**
 * Everything durable changes through these. Times and ids travel in the operation: `apply` knows no clock,
 * no random number and no result of I/O, so that every node that applies the same operations has the same state.
 */
export type Operation =
  | PublishOperation
  | {
      readonly type: "open";
      readonly clientId: ClientId;
      readonly user: string;
      readonly cleanStart: boolean;
      /** Seconds. */
      readonly expiryInterval: number;
      readonly will: WillRecord | undefined;
      /** Milliseconds since the epoch. */
      readonly at: number;
    }
  | {
      readonly type: "close";
      readonly clientId: ClientId;
      readonly expiryInterval: number;
      readonly keepWill: boolean;
      /** Entries of the outbound queue below this seq were sent. */
      readonly sentEnd: number;
      readonly at: number;
    }
  | { readonly type: "discard"; readonly clientId: ClientId }
  | {
      readonly type: "subscribe";
      readonly clientId: ClientId;
      readonly topicFilter: TopicFilter;
      readonly options: SubscriptionOptions;
    }
  | { readonly type: "unsubscribe"; readonly clientId: ClientId; readonly topicFilter: TopicFilter }
  | { readonly type: "settle"; readonly queue: Queue; readonly seq: number }
  | { readonly type: "release"; readonly queue: Queue; readonly seq: number }
  /** PUBREL came: the Packet Identifier may name a new message. */
  | { readonly type: "forget"; readonly session: DurableSession; readonly packetId: number }
  | { readonly type: "declare"; readonly name: string; readonly at: number }
  | { readonly type: "drop"; readonly name: string }
  /** Moves an entry into other queues, with what was learnt about it: nowhere when there is no target. */
  | {
      readonly type: "bury";
      readonly from: Queue;
      readonly seq: number;
      readonly message: Message;
      readonly targets: readonly Target[];
    }
  /** The oldest entries of a queue, as they were read: goes for what is over its limit, and what had expired at `at`. */
  | {
      readonly type: "displace";
      readonly queue: Queue;
      readonly entries: readonly QueueEntry[];
      readonly at: number;
    }
  /** A consumer gave an entry back: it keeps its place, and how often that happened. */
  | { readonly type: "requeue"; readonly queue: Queue; readonly seq: number; readonly deliveryCount: number }
  /** Notes how far the queue was handed out: entries below this seq were sent. */
  | { readonly type: "mark"; readonly queue: Queue; readonly sentEnd: number }
  /** Keeps a named value for the rest of the broker, or removes it. */
  | { readonly type: "define"; readonly name: string; readonly value: Buffer | undefined };

/** A message for its durable receivers; with `receivedFor`, the QoS 2 identity is stored in the same write. */
export interface PublishOperation {
  readonly type: "publish";
  /** Owned: its payload is no view. */
  readonly message: Message;
  readonly targets: readonly Target[];
  /** Also becomes the topic's retained message, or clears it when the payload is empty [MQTT-3.3.1-6]. */
  readonly retain: boolean;
  readonly receivedFor: DurableSession | undefined;
  readonly packetId: number;
  /** This is that session's will: it is taken from the session in the same write, so it is published once. */
  readonly willOf: DurableSession | undefined;
}
