import type { ClientId, TopicFilter, TopicName } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import type {
  QueueEntry,
  QueueRecord,
  QueueRef,
  ReceivedRecord,
  SessionRecord,
  SubscriptionRecord,
} from "./records.ts";

/**
 * Where the state machine keeps what must survive: implemented by `storage/level` and `storage/memory`.
 * Writing methods are synchronous and only add to the open batch; nothing is on disk before `commit` resolved.
 */
export interface StateStore {
  /** Opens or creates the store and reads back everything but queue entries. Rejects with a StorageError. */
  open(loader: StateLoader): Promise<void>;

  putSession(session: SessionRecord): void;
  deleteSession(slot: number, clientId: ClientId): void;
  putSubscription(
    slot: number,
    clientId: ClientId,
    topicFilter: TopicFilter,
    options: SubscriptionOptions,
  ): void;
  deleteSubscription(slot: number, clientId: ClientId, topicFilter: TopicFilter): void;
  /** Remembers that a QoS 2 PUBLISH with this Packet Identifier was accepted [MQTT-4.3.3-10]. */
  putReceived(slot: number, clientId: ClientId, packetId: number): void;
  deleteReceived(slot: number, clientId: ClientId, packetId: number): void;
  /** Takes the message over (its payload is no view). */
  putRetained(message: Message): void;
  deleteRetained(topicName: TopicName): void;

  /** A named value of the rest of the broker (an exchange, a binding); undefined removes it. */
  putDefinition(name: string, value: Buffer | undefined): void;

  /** Writes the queue's own record; the last one per batch counts. */
  putQueue(queue: QueueRecord): void;
  /**
   * Removes the queue and all its entries, of which none lies before `headSeq`; their space is given back in the
   * background.
   */
  deleteQueue(queue: QueueRef, headSeq?: number): void;
  /** Takes the entry over; it is encoded only when its batch is closed. */
  putEntry(queue: QueueRef, entry: QueueEntry): void;
  /** The same for an entry that nobody asks for or changes before it is committed: it may be encoded at once. */
  appendEntry(queue: QueueRef, entry: QueueEntry): void;
  /** Acknowledged: takes the entry out of the open batch if it is still there, else deletes it in it. */
  deleteEntry(queue: QueueRef, entry: QueueEntry): void;
  /** `entry.deliveryCount` has changed. */
  recountEntry(queue: QueueRef, entry: QueueEntry): void;
  /** PUBREC came: `entry.message` is undefined from here on, only the handshake is kept. */
  releaseEntry(queue: QueueRef, entry: QueueEntry): void;

  /** Rough size of the open batch, for back-pressure. */
  readonly openBytes: number;
  /** True when the open batch holds anything. */
  readonly isDirty: boolean;

  /** True when writing an entry and its delete costs more than keeping a batch open until the one meets the other. */
  readonly isOnDisk: boolean;

  /** Called when the store itself has added something to the open batch (space of deleted queues) and wants it written. */
  onCommitWanted: (() => void) | undefined;

  /**
   * Closes the open batch and writes it; a new one is open at once. One commit at a time. When it rejects
   * (StorageError) nothing of the batch is lost: `commit` again tries the same batch first.
   */
  commit(): Promise<CommitResult>;

  /**
   * Reads committed entries with fromSeq <= seq < toSeq in order, at most `limit` entries or about `maximumBytes`.
   * The answer is empty only when that range holds no entry that can be read.
   */
  readEntries(
    queue: QueueRef,
    fromSeq: number,
    toSeq: number,
    limit: number,
    maximumBytes: number,
  ): Promise<QueueEntry[]>;

  /** The topics' retained messages as last put, committed or not; undefined = there is none, or it cannot be read. */
  readRetained(topicNames: readonly TopicName[]): Promise<(Message | undefined)[]>;

  /** The caller has stopped appending and committed; gives up the lock on the folder. */
  close(): Promise<void>;
}

export interface CommitResult {
  /** Puts and deletes written. */
  readonly operations: number;
  readonly bytes: number;
}

/** What `open` calls for each record found, queues and used ids before sessions before the rest. */
export interface StateLoader {
  queue(record: QueueRecord): void;
  session(record: SessionRecord): void;
  subscription(record: SubscriptionRecord): void;
  received(record: ReceivedRecord): void;
  retained(message: Message): void;
  definition(name: string, value: Buffer): void;
  /** Entries under this queue id may still be on disk although the queue is gone: it must not be given again. */
  usedQueueId(id: number): void;
  /** A record that failed its check and was skipped; counted and logged. */
  corrupt(what: string): void;
}
