import type { Message } from "../base/message.ts";
import type { QueuedMessage } from "../base/queued-message.ts";
import { ENTRY_OVERHEAD_BYTES, QueueWindow, sizeOf, type TakenLimits } from "./queue-window.ts";
import type { QueueEntry, QueueRecord, QueueRef } from "./records.ts";
import { EntryState } from "./records.ts";
import type { StateStore } from "./store.ts";

/** Who empties a queue: at most one at a time. */
export interface QueueConsumer {
  /** True: entries are handed out only once they are on disk. QoS 2 entries always wait for that. */
  readonly committedOnly: boolean;
  /** What may be taken and not settled before the queue hands out no more; undefined = the usual window. */
  readonly takenLimits?: TakenLimits;
  /** `take` may have something new. Called while an operation is applied or after a commit: must not throw. */
  ready(): void;
}

/** What happens to a message of QoS 1 or 2 for a full queue: wait, refuse it, or leave this queue out (counted). */
export type WhenFull = "block" | "reject" | "dropNewest";

/** What a queue may hold, and what happens beyond: set by its owner, not stored. */
export interface QueuePolicy {
  readonly maximumMessages: number;
  readonly maximumBytes: number;
  readonly whenFull: WhenFull;
  missed(message: Message): void;
}

const NO_LIMITS: QueuePolicy = {
  maximumMessages: Number.POSITIVE_INFINITY,
  maximumBytes: Number.POSITIVE_INFINITY,
  whenFull: "dropNewest",
  missed() {},
};

/** Read from disk at a time. */
const PAGE_ENTRIES = 512;
const PAGE_BYTES = 1024 * 1024;

/** Where the changes are that were made before the consumer came: the disk is read when they are on it. */
const Earlier = { OnDisk: 0, BeingWritten: 1, InOpenBatch: 2 } as const;
type Earlier = (typeof Earlier)[keyof typeof Earlier];

/**
 * A durable queue. Only a window of it is in memory, and only while somebody consumes it:
 *
 *      headSeq                      windowEnd            nextSeq
 *         |  taken, unsettled | ahead  |  on disk only      |
 *         [------- window ------------)[-------------------)
 *
 * All changes come through the state machine's `apply`; nothing here reads a clock.
 */
export class Queue implements QueueRef {
  readonly slot: number;
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  policy: QueuePolicy = NO_LIMITS;
  /** Set while the open batch holds a change of this queue. */
  isDirty = false;
  readonly #store: StateStore;
  #headSeq: number;
  #nextSeq: number;
  #count: number;
  #bytes: number;
  /** Entries below are on disk. */
  #committedSeq: number;
  /** `#nextSeq` when the batch being written was closed. */
  #frozenSeq: number;
  readonly #window = new QueueWindow();
  #windowEnd: number;
  /** One more than the highest seq ever taken: what is below went out before, and goes out again with DUP. */
  #sentEnd: number;
  /** `#sentEnd` as an operation has noted it: what the record says. */
  #markedEnd: number;
  #consumer: QueueConsumer | undefined;
  #waitsForCommit = false;
  /** The consumer was not told of entries for which the window had no room. */
  #waitsForRoom = false;
  /** Set while a batch with changes of this queue is being written. */
  #isBeingWritten = false;
  #earlier: Earlier = Earlier.OnDisk;
  #isLoading = false;
  /** Raised by attach and detach, so that a page read for the former consumer is thrown away. */
  #generation = 0;
  #isDropped = false;
  readonly #whenRoom = new Set<() => void>();
  readonly #readFailed: (queue: Queue) => void;

  /** `readFailed` is told when a page could not be read: `retry` reads it again. */
  constructor(record: QueueRecord, store: StateStore, readFailed: (queue: Queue) => void) {
    this.slot = record.slot;
    this.id = record.id;
    this.name = record.name;
    this.createdAt = record.createdAt;
    this.#store = store;
    this.#readFailed = readFailed;
    this.#headSeq = record.headSeq;
    this.#nextSeq = record.nextSeq;
    this.#count = record.count;
    this.#bytes = record.bytes;
    this.#committedSeq = record.nextSeq;
    this.#frozenSeq = record.nextSeq;
    this.#windowEnd = record.headSeq;
    this.#sentEnd = Math.max(record.headSeq, record.sentEnd);
    this.#markedEnd = record.sentEnd;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get sentEnd(): number {
    return this.#sentEnd;
  }

  get isFull(): boolean {
    return this.#count >= this.policy.maximumMessages || this.#bytes >= this.policy.maximumBytes;
  }

  get whenFull(): WhenFull {
    return this.policy.whenFull;
  }

  /** Its session or owner is gone: nothing changes it any more. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  get isConsumed(): boolean {
    return this.#consumer !== undefined;
  }

  /** The first entry that is not settled, when it is in memory: only while somebody consumes the queue. */
  get firstHeld(): QueueEntry | undefined {
    return this.#window.first;
  }

  missed(message: Message): void {
    this.policy.missed(message);
  }

  /** Runs `task` once when the queue is not full (any more), or is dropped. The answer takes the task back. */
  whenRoom(task: () => void): () => void {
    const once = (): void => task();
    if (this.isFull && !this.#isDropped) this.#whenRoom.add(once);
    else once();
    return () => this.#whenRoom.delete(once);
  }

  /** After a restart: entries below `seq` may have been sent before. */
  restoreSent(seq: number): void {
    this.#sentEnd = Math.max(this.#headSeq, Math.min(seq, this.#nextSeq));
  }

  record(): QueueRecord {
    return {
      slot: this.slot,
      id: this.id,
      name: this.name,
      createdAt: this.createdAt,
      headSeq: this.#headSeq,
      nextSeq: this.#nextSeq,
      count: this.#count,
      bytes: this.#bytes,
      sentEnd: this.#markedEnd,
    };
  }

  /** Appends an entry; the caller made it for `nextSeq`. */
  push(entry: QueueEntry): void {
    this.#nextSeq = entry.seq + 1;
    this.#count++;
    this.#bytes += sizeOf(entry.message);
    this.#store.putEntry(this, entry);
    const consumer = this.#consumer;
    if (consumer === undefined || this.#windowEnd !== entry.seq) return;
    if (this.#window.isFull) {
      this.#waitsForRoom = true;
      return;
    }
    this.#append(entry);
    consumer.ready();
  }

  /** Removes an entry of the window. Returns false for one that is not there (any more). */
  settle(seq: number): boolean {
    const entry = this.#window.find(seq);
    if (entry === undefined) return false;
    const bytes = sizeOf(entry.message);
    this.#count--;
    this.#bytes -= bytes;
    this.#store.deleteEntry(this, entry);
    entry.stored = EntryState.Gone;
    this.#window.removed(seq, bytes);
    this.#moveHead();
    this.#tellOfRoom();
    return true;
  }

  /** PUBREC came for a QoS 2 entry: its message is no longer needed, the PUBREL handshake is. */
  release(seq: number): void {
    const entry = this.#window.find(seq);
    if (entry === undefined || entry.message === undefined) return;
    const bytes = sizeOf(entry.message) - ENTRY_OVERHEAD_BYTES;
    this.#bytes -= bytes;
    this.#window.shrunk(seq, bytes);
    this.#store.releaseEntry(this, entry);
    entry.message = undefined;
    this.#tellOfRoom();
  }

  /** A consumer gave the entry back; it is the consumer that hands it out again. */
  requeue(seq: number, deliveryCount: number): void {
    const entry = this.#window.find(seq);
    if (entry === undefined) return;
    entry.deliveryCount = deliveryCount;
    this.#store.recountEntry(this, entry);
  }

  mark(sentEnd: number): void {
    this.#markedEnd = sentEnd;
  }

  /** Begins to consume from the head; entries that were taken before and not settled come again. */
  attach(consumer: QueueConsumer): void {
    this.#forgetWindow();
    this.#consumer = consumer;
    this.#window.takenLimits = consumer.takenLimits;
    if (this.isDirty) this.#earlier = Earlier.InOpenBatch;
    else this.#earlier = this.#isBeingWritten ? Earlier.BeingWritten : Earlier.OnDisk;
    if (this.#count === 0) this.#headSeq = this.#windowEnd = this.#nextSeq;
  }

  detach(): void {
    this.#forgetWindow();
    this.#consumer = undefined;
  }

  /** The owner is gone, and all entries with it: there is nobody left to wait for. */
  drop(): void {
    this.detach();
    this.#isDropped = true;
    this.#runWhenRoom();
  }

  /** The next entry in order, or undefined when none is ready: `ready` tells when to ask again. */
  take(): QueueEntry | undefined {
    const consumer = this.#consumer;
    if (consumer === undefined) return undefined;
    const entry = this.#window.peek();
    if (entry === undefined) {
      if (this.#windowEnd < this.#nextSeq) this.#load();
      return undefined;
    }
    const mustBeCommitted = consumer.committedOnly || entry.delivery.qos === 2;
    if (mustBeCommitted && entry.seq >= this.#committedSeq) {
      this.#waitsForCommit = true;
      return undefined;
    }
    this.#window.advance();
    if (entry.seq >= this.#sentEnd) this.#sentEnd = entry.seq + 1;
    return entry;
  }

  /** After a page could not be read: asks the consumer to try again. */
  retry(): void {
    this.#consumer?.ready();
  }

  /** The batch that holds everything pushed so far is closed and about to be written. */
  frozen(): void {
    this.isDirty = false;
    this.#isBeingWritten = true;
    this.#frozenSeq = this.#nextSeq;
    if (this.#earlier === Earlier.InOpenBatch) this.#earlier = Earlier.BeingWritten;
  }

  /** The batch closed by the last `frozen` is on disk. */
  committed(): void {
    this.#isBeingWritten = false;
    this.#committedSeq = this.#frozenSeq;
    if (this.#earlier === Earlier.BeingWritten) this.#earlier = Earlier.OnDisk;
    if (!this.#waitsForCommit) return;
    this.#waitsForCommit = false;
    this.#consumer?.ready();
  }

  #append(entry: QueueEntry): void {
    this.#window.append(entry);
    this.#windowEnd = entry.seq + 1;
  }

  #moveHead(): void {
    this.#headSeq = this.#window.firstSeq ?? this.#windowEnd;
  }

  /** Publishers wait for room in the queue, the consumer for room in the window. */
  #tellOfRoom(): void {
    if (this.#whenRoom.size > 0 && !this.isFull) this.#runWhenRoom();
    if (!this.#waitsForRoom || this.#window.isFull) return;
    this.#waitsForRoom = false;
    this.#consumer?.ready();
  }

  #runWhenRoom(): void {
    const tasks = [...this.#whenRoom];
    this.#whenRoom.clear();
    for (const task of tasks) task();
  }

  #forgetWindow(): void {
    this.#window.clear();
    this.#windowEnd = this.#headSeq;
    this.#waitsForCommit = false;
    this.#waitsForRoom = false;
    this.#isLoading = false;
    this.#generation++;
  }

  /** Reads the next page; what is not on disk yet is read after its commit. */
  #load(): void {
    if (this.#isLoading) return;
    if (this.#earlier !== Earlier.OnDisk || this.#windowEnd >= this.#committedSeq) {
      this.#waitsForCommit = true;
      return;
    }
    if (this.#window.isFull) {
      this.#waitsForRoom = true;
      return;
    }
    this.#isLoading = true;
    const generation = this.#generation;
    const upTo = this.#committedSeq;
    this.#store.readEntries(this, this.#windowEnd, upTo, PAGE_ENTRIES, PAGE_BYTES).then(
      (entries) => this.#loaded(generation, entries, upTo),
      () => {
        if (generation !== this.#generation) return;
        this.#isLoading = false;
        this.#readFailed(this);
      },
    );
  }

  #loaded(generation: number, entries: readonly QueueEntry[], upTo: number): void {
    if (generation !== this.#generation) return;
    this.#isLoading = false;
    for (const entry of entries) this.#append(entry);
    if (entries.length === 0) this.#windowEnd = upTo; // nothing was left of that range
    this.#moveHead();
    if (this.#windowEnd === this.#nextSeq) this.#recount();
    this.#consumer?.ready();
  }

  /** All that is left is in the window: entries whose record was damaged no longer count. */
  #recount(): void {
    if (this.#count === this.#window.count) return;
    this.#count = this.#window.count;
    this.#bytes = this.#window.bytes;
    this.#tellOfRoom();
  }
}

/** An entry for the queue's next place. */
export function entryFor(
  queue: Queue,
  message: Message,
  delivery: QueuedMessage["delivery"],
  body: QueueEntry["body"],
): QueueEntry {
  return { seq: queue.nextSeq, message, delivery, body, deliveryCount: 0, stored: EntryState.New };
}
