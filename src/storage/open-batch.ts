import type { ClientId, TopicFilter, TopicName } from "../base/ids.ts";
import { SLOT_COUNT } from "../base/ids.ts";
import type { Message } from "../base/message.ts";
import type { SubscriptionOptions } from "../base/subscription-options.ts";
import type {
  QueueEntry,
  QueueRecord,
  QueueRef,
  ReceivedRecord,
  SessionRecord,
  SharedBody,
} from "../state/records.ts";
import { EntryState } from "../state/records.ts";

/** What an operation costs in memory beside the bytes it carries, roughly: an entry with its message is some objects. */
const OPERATION_BYTES = 256;
/** Entries taken out again stay in the list until there are this many of them, and more than are left. */
const COMPACT_FROM = 1024;

interface SessionChange {
  readonly slot: number;
  /** Undefined = delete. */
  readonly session: SessionRecord | undefined;
}

interface SubscriptionChange {
  readonly slot: number;
  readonly clientId: ClientId;
  readonly topicFilter: TopicFilter;
  /** Undefined = delete. */
  readonly options: SubscriptionOptions | undefined;
}

interface ReceivedChange extends ReceivedRecord {
  readonly present: boolean;
}

/** A deleted queue, of which entries may be left from `fromSeq` on. */
export interface ClearingQueue extends QueueRef {
  readonly fromSeq: number;
}

/** One number for a queue's slot and id, for maps in memory. */
export function queueKey(queue: QueueRef): number {
  return queue.id * SLOT_COUNT + queue.slot;
}

/**
 * The changes that go to disk in one write, kept as objects: what is deleted before it was written never gets encoded.
 * Every record is an absolute value, so a batch may be written twice. Only the order within one key matters.
 */
export class OpenBatch {
  readonly sessions = new Map<ClientId, SessionChange>();
  subscriptions: SubscriptionChange[] = [];
  received: ReceivedChange[] = [];
  readonly retained = new Map<TopicName, Message | undefined>();
  /** By name; undefined = delete. */
  readonly definitions = new Map<string, Buffer | undefined>();
  readonly queues = new Map<number, QueueRecord>();
  readonly deletedQueues = new Map<number, ClearingQueue>();
  /** Deleted queues of which more entries are gone. */
  readonly clearingQueues = new Map<number, ClearingQueue>();
  /** Deleted queues whose entries are all gone. */
  readonly clearedQueues: QueueRef[] = [];
  /** `putQueues[i]` is the queue of `putEntries[i]`; entries in state Gone are skipped. */
  putQueues: QueueRef[] = [];
  putEntries: QueueEntry[] = [];
  /** `deleteQueues[i]` is the queue of `deleteSeqs[i]`. */
  readonly deleteQueues: QueueRef[] = [];
  readonly deleteSeqs: number[] = [];
  /** Bodies whose count changed; with the message when this batch is to store it. */
  readonly bodies = new Map<SharedBody, Message | undefined>();
  bytes = 0;
  #elided = 0;

  get isEmpty(): boolean {
    return (
      this.putEntries.length === this.#elided &&
      this.deleteSeqs.length === 0 &&
      this.queues.size === 0 &&
      this.sessions.size === 0 &&
      this.received.length === 0 &&
      this.retained.size === 0 &&
      this.definitions.size === 0 &&
      this.subscriptions.length === 0 &&
      this.deletedQueues.size === 0 &&
      this.clearingQueues.size === 0 &&
      this.clearedQueues.length === 0
    );
  }

  changeSession(clientId: ClientId, change: SessionChange): void {
    this.sessions.set(clientId, change);
    this.bytes += OPERATION_BYTES + messageBytes(change.session?.will?.message);
  }

  changeSubscription(change: SubscriptionChange): void {
    this.subscriptions.push(change);
    this.bytes += OPERATION_BYTES + change.topicFilter.length;
  }

  changeReceived(change: ReceivedChange): void {
    this.received.push(change);
    this.bytes += OPERATION_BYTES;
  }

  changeRetained(topicName: TopicName, message: Message | undefined): void {
    this.bytes += OPERATION_BYTES + messageBytes(message) - messageBytes(this.retained.get(topicName));
    this.retained.set(topicName, message);
  }

  changeDefinition(name: string, value: Buffer | undefined): void {
    this.definitions.set(name, value);
    this.bytes += OPERATION_BYTES + name.length + (value?.length ?? 0);
  }

  putQueue(queue: QueueRecord): void {
    const key = queueKey(queue);
    if (!this.queues.has(key)) this.bytes += OPERATION_BYTES;
    this.queues.set(key, queue);
  }

  deleteQueue({ slot, id }: QueueRef, fromSeq: number): void {
    const key = queueKey({ slot, id });
    this.queues.delete(key);
    this.deletedQueues.set(key, { slot, id, fromSeq });
    this.bytes += OPERATION_BYTES;
  }

  putEntry(queue: QueueRef, entry: QueueEntry): void {
    entry.stored = EntryState.Open;
    this.#push(queue, entry);
    if (entry.body !== undefined && entry.message !== undefined) this.#refer(entry.body, entry.message);
  }

  deleteEntry(queue: QueueRef, entry: QueueEntry): void {
    const state = entry.stored;
    if (state === EntryState.New || state === EntryState.Gone) return;
    entry.stored = EntryState.Gone;
    if (entry.body !== undefined && entry.message !== undefined) this.unrefer(entry.body);
    if (state === EntryState.Open) this.#elide(entry);
    else this.deleteAt(queue, entry.seq);
  }

  releaseEntry(queue: QueueRef, entry: QueueEntry): void {
    if (entry.stored === EntryState.New || entry.stored === EntryState.Gone) return;
    if (entry.body !== undefined) this.unrefer(entry.body);
    entry.message = undefined;
    if (entry.stored === EntryState.Written) this.#push(queue, entry);
  }

  /** The entry is written again with its count; one that is not written yet will have it. */
  recountEntry(queue: QueueRef, entry: QueueEntry): void {
    if (entry.stored === EntryState.Written) this.#push(queue, entry);
  }

  deleteAt(queue: QueueRef, seq: number): void {
    this.deleteQueues.push(queue);
    this.deleteSeqs.push(seq);
    this.bytes += OPERATION_BYTES;
  }

  /** One entry fewer refers to the body. */
  unrefer(body: SharedBody): void {
    body.references--;
    if (body.references === 0 && !body.stored) this.bodies.delete(body);
    else if (!this.bodies.has(body)) this.bodies.set(body, undefined);
  }

  /** Nothing is taken out of the batch from here on: later deletes go to the next one. */
  seal(): void {
    for (let i = 0; i < this.putEntries.length; i++) {
      const entry = this.putEntries[i] as QueueEntry;
      if (entry.stored === EntryState.Gone) continue;
      if (this.deletedQueues.size > 0) this.#dropOfDeletedQueue(this.putQueues[i] as QueueRef, entry);
      if (entry.stored === EntryState.Open) entry.stored = EntryState.Written;
    }
    for (const body of this.bodies.keys()) body.stored = body.references > 0;
  }

  /**
   * Its changes are in bytes now: what they were made of, most of the memory, is let go. What the store does when they
   * are written, and the retained messages, which may be asked for until then, stay.
   */
  encoded(): void {
    this.subscriptions = [];
    this.received = [];
    this.putQueues = [];
    this.putEntries = [];
    this.bodies.clear();
  }

  #push(queue: QueueRef, entry: QueueEntry): void {
    this.putQueues.push(queue);
    this.putEntries.push(entry);
    this.bytes += OPERATION_BYTES + messageBytes(entry.message);
  }

  #refer(body: SharedBody, message: Message): void {
    body.references++;
    if (!body.stored) this.bodies.set(body, message);
    else if (!this.bodies.has(body)) this.bodies.set(body, undefined);
  }

  #elide(entry: QueueEntry): void {
    this.#elided++;
    this.bytes = Math.max(0, this.bytes - OPERATION_BYTES - messageBytes(entry.message));
    if (this.#elided >= COMPACT_FROM && this.#elided * 2 > this.putEntries.length) this.#compact();
  }

  #compact(): void {
    const isLeft = (_: unknown, i: number) => this.putEntries[i]?.stored !== EntryState.Gone;
    const queues = this.putQueues.filter(isLeft);
    this.putEntries = this.putEntries.filter(isLeft);
    this.putQueues = queues;
    this.#elided = 0;
  }

  /** An entry that may be on disk already gets a delete: the clearing of the range must not find it again. */
  #dropOfDeletedQueue(queue: QueueRef, entry: QueueEntry): void {
    if (!this.deletedQueues.has(queueKey(queue))) return;
    if (entry.stored === EntryState.Written) this.deleteAt(queue, entry.seq);
    if (entry.body !== undefined && entry.message !== undefined) this.unrefer(entry.body);
    entry.stored = EntryState.Gone;
  }
}

function messageBytes(message: Message | undefined): number {
  return message === undefined ? 0 : message.payload.length + message.topicName.length;
}
