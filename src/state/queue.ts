import type { Message } from "../base/message.ts";
import type { QueuedMessage } from "../base/queued-message.ts";
import type { QueueEntry, QueueRecord, QueueRef } from "./records.ts";
import { EntryState } from "./records.ts";
import type { StateStore } from "./store.ts";

/** Who empties a queue: at most one at a time. */
export interface QueueConsumer {
  /** True: entries are handed out only once they are on disk. QoS 2 entries always wait for that. */
  readonly committedOnly: boolean;
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

/** Entries kept in memory ahead of the consumer, and read from disk at a time. */
const WINDOW_ENTRIES = 2048;
const WINDOW_BYTES = 4 * 1024 * 1024;
const PAGE_ENTRIES = 512;
const PAGE_BYTES = 1024 * 1024;
/** What an entry costs beside its payload, roughly. */
const ENTRY_OVERHEAD_BYTES = 64;

/**
 * A durable queue. Only a window of it is in memory, and only while somebody consumes it:
 *
 *      headSeq                      windowEnd            nextSeq
 *         |  taken, unsettled | ahead  |  on disk only      |
 *         [------- window ------------)[-------------------)
 *                             ^ cursor
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
  #window: QueueEntry[] = [];
  /** Index of the window's first entry that is not gone. */
  #first = 0;
  /** Index of the next entry to take. */
  #cursor = 0;
  #windowEnd: number;
  #windowBytes = 0;
  /** One more than the highest seq ever taken: what is below went out before, and goes out again with DUP. */
  #sentEnd: number;
  #consumer: QueueConsumer | undefined;
  #waitsForCommit = false;
  /** Set while a batch with changes of this queue is being written. */
  #isBeingWritten = false;
  /** Commits to wait for before reading from disk: changes made before `attach` are not there yet. */
  #commitsBeforeReading = 0;
  #isLoading = false;
  /** Raised by attach and detach, so that a page read for the former consumer is thrown away. */
  #generation = 0;
  #whenRoom: (() => void)[] = [];

  constructor(record: QueueRecord, store: StateStore) {
    this.slot = record.slot;
    this.id = record.id;
    this.name = record.name;
    this.createdAt = record.createdAt;
    this.#store = store;
    this.#headSeq = record.headSeq;
    this.#nextSeq = record.nextSeq;
    this.#count = record.count;
    this.#bytes = record.bytes;
    this.#committedSeq = record.nextSeq;
    this.#frozenSeq = record.nextSeq;
    this.#windowEnd = record.headSeq;
    this.#sentEnd = record.headSeq;
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

  missed(message: Message): void {
    this.policy.missed(message);
  }

  /** Runs `task` once when the queue is not full (any more). */
  whenRoom(task: () => void): void {
    this.#whenRoom.push(task);
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
    };
  }

  /** Appends an entry; the caller made it for `nextSeq`. */
  push(entry: QueueEntry): void {
    this.#nextSeq = entry.seq + 1;
    this.#count++;
    this.#bytes += sizeOf(entry.message);
    this.#store.putEntry(this, entry);
    const consumer = this.#consumer;
    if (consumer === undefined || this.#windowEnd !== entry.seq || this.#isWindowFull()) return;
    this.#append(entry);
    consumer.ready();
  }

  /** Removes an entry that was taken; one that is not there (any more) is ignored. */
  settle(seq: number): void {
    const entry = this.#find(seq);
    if (entry === undefined) return;
    this.#count--;
    this.#bytes -= sizeOf(entry.message);
    this.#windowBytes -= sizeOf(entry.message);
    this.#store.deleteEntry(this, entry);
    entry.stored = EntryState.Gone;
    this.#trim();
    if (this.#whenRoom.length > 0 && !this.isFull) this.#tellRoom();
  }

  /** PUBREC came for a QoS 2 entry: its message is no longer needed, the PUBREL handshake is. */
  release(seq: number): void {
    const entry = this.#find(seq);
    if (entry === undefined || entry.message === undefined) return;
    this.#bytes -= sizeOf(entry.message) - ENTRY_OVERHEAD_BYTES;
    this.#windowBytes -= sizeOf(entry.message) - ENTRY_OVERHEAD_BYTES;
    this.#store.releaseEntry(this, entry);
    entry.message = undefined;
  }

  /** Begins to consume from the head; entries that were taken before and not settled come again. */
  attach(consumer: QueueConsumer): void {
    this.#forgetWindow();
    this.#consumer = consumer;
    this.#commitsBeforeReading = (this.isDirty ? 1 : 0) + (this.#isBeingWritten ? 1 : 0);
    if (this.#count === 0) this.#headSeq = this.#windowEnd = this.#nextSeq;
  }

  detach(): void {
    this.#forgetWindow();
    this.#consumer = undefined;
  }

  /** The next entry in order, or undefined when none is ready: `ready` tells when to ask again. */
  take(): QueueEntry | undefined {
    const consumer = this.#consumer;
    if (consumer === undefined) return undefined;
    if (this.#cursor < this.#window.length) {
      const entry = this.#window[this.#cursor] as QueueEntry;
      const mustBeCommitted = consumer.committedOnly || entry.delivery.qos === 2;
      if (mustBeCommitted && entry.seq >= this.#committedSeq) {
        this.#waitsForCommit = true;
        return undefined;
      }
      this.#cursor++;
      if (entry.seq >= this.#sentEnd) this.#sentEnd = entry.seq + 1;
      return entry;
    }
    if (this.#windowEnd < this.#nextSeq) this.#load();
    return undefined;
  }

  /** The batch that holds everything pushed so far is closed and about to be written. */
  frozen(): void {
    this.isDirty = false;
    this.#isBeingWritten = true;
    this.#frozenSeq = this.#nextSeq;
  }

  /** The batch closed by the last `frozen` is on disk. */
  committed(): void {
    this.#isBeingWritten = false;
    this.#committedSeq = this.#frozenSeq;
    if (this.#commitsBeforeReading > 0) this.#commitsBeforeReading--;
    if (!this.#waitsForCommit) return;
    this.#waitsForCommit = false;
    this.#consumer?.ready();
  }

  #tellRoom(): void {
    for (const task of this.#whenRoom.splice(0)) task();
  }

  #isWindowFull(): boolean {
    return this.#window.length - this.#first >= WINDOW_ENTRIES || this.#windowBytes >= WINDOW_BYTES;
  }

  #append(entry: QueueEntry): void {
    this.#window.push(entry);
    this.#windowEnd = entry.seq + 1;
    this.#windowBytes += sizeOf(entry.message);
  }

  #forgetWindow(): void {
    this.#window = [];
    this.#first = 0;
    this.#cursor = 0;
    this.#windowBytes = 0;
    this.#windowEnd = this.#headSeq;
    this.#waitsForCommit = false;
    this.#isLoading = false;
    this.#generation++;
  }

  /** Reads the next page; what is not on disk yet is read after its commit. */
  #load(): void {
    if (this.#isLoading) return;
    if (this.#commitsBeforeReading > 0 || this.#windowEnd >= this.#committedSeq) {
      this.#waitsForCommit = true;
      return;
    }
    if (this.#isWindowFull()) return;
    this.#isLoading = true;
    const generation = this.#generation;
    const upTo = this.#committedSeq;
    this.#store.readEntries(this, this.#windowEnd, upTo, PAGE_ENTRIES, PAGE_BYTES).then(
      (entries) => this.#loaded(generation, entries, upTo),
      () => {
        // The store has said so, loudly; the page is read again after the next commit.
        if (generation !== this.#generation) return;
        this.#isLoading = false;
        this.#waitsForCommit = true;
      },
    );
  }

  #loaded(generation: number, entries: readonly QueueEntry[], upTo: number): void {
    if (generation !== this.#generation) return;
    this.#isLoading = false;
    for (const entry of entries) this.#append(entry);
    if (entries.length === 0) this.#windowEnd = upTo; // nothing was left of that range
    this.#trim();
    this.#consumer?.ready();
  }

  /** Entries stand in order of seq, nearly always without gaps: guess the place, else search. */
  #find(seq: number): QueueEntry | undefined {
    const first = this.#window[this.#first];
    if (first === undefined) return undefined;
    const guess = this.#window[this.#first + seq - first.seq];
    const entry = guess?.seq === seq ? guess : this.#search(seq);
    return entry === undefined || entry.stored === EntryState.Gone ? undefined : entry;
  }

  #search(seq: number): QueueEntry | undefined {
    let low = this.#first;
    let high = this.#window.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.#window[middle] as QueueEntry;
      if (entry.seq === seq) return entry;
      if (entry.seq < seq) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Moves the head over settled entries and gives their places back. */
  #trim(): void {
    while (this.#first < this.#window.length && this.#window[this.#first]?.stored === EntryState.Gone) {
      this.#first++;
    }
    this.#cursor = Math.max(this.#cursor, this.#first);
    this.#headSeq = this.#window[this.#first]?.seq ?? this.#windowEnd;
    if (this.#first < 1024 && this.#first < this.#window.length) return;
    this.#window.splice(0, this.#first);
    this.#cursor -= this.#first;
    this.#first = 0;
  }
}

function sizeOf(message: Message | undefined): number {
  return message === undefined ? ENTRY_OVERHEAD_BYTES : message.payload.length + ENTRY_OVERHEAD_BYTES;
}

/** An entry for the queue's next place. */
export function entryFor(
  queue: Queue,
  message: Message,
  delivery: QueuedMessage["delivery"],
  body: QueueEntry["body"],
): QueueEntry {
  return { seq: queue.nextSeq, message, delivery, body, stored: EntryState.New };
}
