import type { ClientId, TopicFilter } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { Delivery } from "../base/queued-message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";

/** What the store keeps of a session: protocol-neutral, written whole on each change. */
export interface SessionRecord {
  readonly slot: number;
  readonly clientId: ClientId;
  /** The user that owns the client id; "" when anonymous. */
  readonly user: string;
  readonly queueId: number;
  /** Seconds after disconnection; NEVER_EXPIRES = does not expire. */
  readonly expiryInterval: number;
  /** Milliseconds since the epoch of the last disconnection; 0 while connected. */
  readonly disconnectedAt: number;
  /** Entries of the outbound queue below this seq were sent before: they go out again with DUP. */
  readonly sentEnd: number;
  readonly will: WillRecord | undefined;
}

export interface WillRecord {
  readonly message: Message;
  /** Seconds between the end of the connection and publication (MQTT 5 §3.1.3.2.2). */
  readonly delayInterval: number;
}

export interface SubscriptionRecord {
  readonly slot: number;
  readonly clientId: ClientId;
  readonly topicFilter: TopicFilter;
  readonly options: SubscriptionOptions;
}

/** Names a queue in the store; ids are never used again. */
export interface QueueRef {
  readonly slot: number;
  readonly id: number;
}

/** What the store keeps of a queue: written once per batch that touched it. */
export interface QueueRecord extends QueueRef {
  /** `session/<clientId>`, `share/…`, `bridge/<name>/<lane>`, `bridge/<name>/dead`, `queue/<host>/<name>/<priority>`. */
  readonly name: string;
  /** Milliseconds since the epoch; tells queues of the same name apart. */
  readonly createdAt: number;
  /** No entry has a lower seq: where readers seek to. */
  readonly headSeq: number;
  /** The seq the next entry gets. */
  readonly nextSeq: number;
  readonly count: number;
  readonly bytes: number;
  /** Entries below were handed to a consumer, as last noted. */
  readonly sentEnd: number;
}

/** An entry of a queue as the store takes and returns it. One object lives from `putEntry` to `deleteEntry`. */
export interface QueueEntry {
  readonly seq: number;
  /** Undefined once released (PUBREC came): PUBREL is owed. */
  message: Message | undefined;
  readonly delivery: Delivery;
  /** Set when the message has several durable receivers and is large: its body is then stored once. */
  readonly body: SharedBody | undefined;
  /** How often a consumer gave it back (AMQP 0-9-1 basic.nack with requeue). */
  deliveryCount: number;
  /** The store's own mark: where the entry stands on its way to disk. */
  stored: EntryState;
}

export const EntryState = {
  /** Not handed to the store. */
  New: 0,
  /** In the open batch: a delete takes it out again, and it never reaches the disk. */
  Open: 1,
  /** In a batch that is being written, or on disk. */
  Written: 2,
  /** Deleted. */
  Gone: 3,
} as const;
export type EntryState = (typeof EntryState)[keyof typeof EntryState];

/** A message body that several entries refer to; unique by the place of the first of them. */
export interface SharedBody {
  readonly slot: number;
  readonly queueId: number;
  readonly seq: number;
  /** Entries that refer to it; counted by the store alone. */
  references: number;
  /** True once a batch that holds it was handed to disk. */
  stored: boolean;
}

export interface ReceivedRecord {
  readonly slot: number;
  readonly clientId: ClientId;
  readonly packetId: number;
}
