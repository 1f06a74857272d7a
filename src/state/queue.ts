import type { DropReason } from "../base/counters.ts";
import type { Message } from "../base/message.ts";
import type { QueuedMessage } from "../base/queued-message.ts";
import {
  isExpired,
  isFarOver,
  lossAtLimit,
  NO_LIMITS,
  type Page,
  type QueueLoss,
  QueueOverflow,
  type QueuePolicy,
  type WhenFull,
} from "./queue-overflow.ts";
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

/** What a queue asks of its state machine; must not throw. */
export interface QueueHooks {
  /** A page could not be read: `retry` reads it again. */
  readFailed(queue: Queue): void;
  /** Its oldest entries have to be read and removed: `trimPage` says which, `trimmed` that it was done. */
  crowded(queue: Queue): void;
  /** So many entries that it counted were not found. */
  missing(queue: Queue, entries: number): void;
}

/** Entries that are on disk and may have to go. */
export interface TrimPage extends Page {
  readonly fromSeq: number;
  readonly toSeq: number;
}

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
  /** Set while the open batch holds a change of this queue. */
  isDirty = false;
  readonly #store: StateStore;
  readonly #hooks: QueueHooks;
  #policy: QueuePolicy = NO_LIMITS;
  #overflow: QueueOverflow | undefined;
  #headSeq: number;
  #nextSeq: number;
  #count: number;
  #bytes: number;
  /** Entries below are on disk. */
  #committedSeq: number;
  /** `#nextSeq` when the batch being written was closed. */
  #frozenSeq: number;
  /** Undefined while nobody has ever consumed the queue: there may be a million of them. */
  #window: QueueWindow | undefined;
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
  #whenRoom: Set<() => void> | undefined;

  constructor(record: QueueRecord, store: StateStore, hooks: QueueHooks) {
    this.slot = record.slot;
    this.id = record.id;
    this.name = record.name;
    this.createdAt = record.createdAt;
    this.#store = store;
    this.#hooks = hooks;
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

  get policy(): QueuePolicy {
    return this.#policy;
  }

  /** What the queue holds counts for the new policy's budget at once, and no more for the former one's. */
  set policy(policy: QueuePolicy) {
    this.#policy.budget?.add(-this.#count, -this.#bytes);
    this.#policy = policy;
    policy.budget?.add(this.#count, this.#bytes);
  }

  /** No more fits; where the oldest give way, only when there are none, or too many wait to be removed. */
  get isFull(): boolean {
    const policy = this.#policy;
    if (lossAtLimit(this, policy) === undefined) return false;
    return policy.whenFull !== "dropOldest" || this.#untakenFrom >= this.#nextSeq || isFarOver(this, policy);
  }

  get whenFull(): WhenFull {
    return this.#policy.whenFull;
  }

  /** What this queue went without since the process began; undefined = nothing. */
  get dropped(): ReadonlyMap<DropReason, number> | undefined {
    return this.#overflow?.dropped;
  }

  /** Entries from here on were never handed out: those that a full queue may give up. */
  get #untakenFrom(): number {
    return Math.max(this.#headSeq, this.#sentEnd, this.#overflow?.goneEnd ?? 0);
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
    return this.#window?.first;
  }

  /** A message was left out for want of room, or refused. */
  missed(message: Message, isRefused = false): void {
    this.#lost(message, isRefused ? "refused" : (lossAtLimit(this, this.#policy) ?? "queue_full"));
    if (this.#policy.removesExpired) this.#askToTrim();
  }

  /** The queue's consumer could not deliver a message. */
  countDropped(reason: DropReason): void {
    this.#overflows.count(reason);
  }

  /** Runs `task` once when the queue is not full (any more), or is dropped. The answer takes the task back. */
  whenRoom(task: () => void): () => void {
    const once = (): void => task();
    this.#whenRoom ??= new Set();
    const waiting = this.#whenRoom;
    if (this.isFull && !this.#isDropped) waiting.add(once);
    else once();
    return () => waiting.delete(once);
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
    this.#account(1, sizeOf(entry.message));
    if (this.#policy.whenFull === "dropOldest") this.#displaceFor(entry);
    const consumer = this.#consumer;
    const isNext = consumer !== undefined && this.#windowEnd === entry.seq;
    if (isNext && !this.#window?.isFull) {
      this.#store.putEntry(this, entry);
      this.#append(entry);
      consumer.ready();
      return;
    }
    this.#store.appendEntry(this, entry); // it is read from disk when its turn comes
    if (isNext) this.#waitsForRoom = true;
  }

  /** Removes an entry of the window. Returns false for one that is not there (any more). */
  settle(seq: number): boolean {
    const entry = this.#window?.find(seq);
    if (entry === undefined) return false;
    this.#removeHeld(entry);
    this.#tellOfRoom();
    return true;
  }

  /** PUBREC came for a QoS 2 entry: its message is no longer needed, the PUBREL handshake is. */
  release(seq: number): void {
    const entry = this.#window?.find(seq);
    if (entry === undefined || entry.message === undefined) return;
    const bytes = sizeOf(entry.message) - ENTRY_OVERHEAD_BYTES;
    this.#account(0, -bytes);
    this.#window?.shrunk(seq, bytes);
    this.#store.releaseEntry(this, entry);
    entry.message = undefined;
    this.#tellOfRoom();
  }

  /** A consumer gave the entry back; it is the consumer that hands it out again. */
  requeue(seq: number, deliveryCount: number): void {
    const entry = this.#window?.find(seq);
    if (entry === undefined) return;
    entry.deliveryCount = deliveryCount;
    this.#store.recountEntry(this, entry);
  }

  /**
   * What was read of the oldest entries: those that are over the limit go, and those that had expired at `at`. What
   * was taken, or went, since they were read is left alone.
   */
  displace(entries: readonly QueueEntry[], at: number): void {
    for (const entry of entries) {
      const { seq } = entry;
      const hasExpired = isExpired(entry.message, at);
      if (!hasExpired && !this.#mayDisplaceBefore(this.#nextSeq - 1)) break;
      if (seq < this.#untakenFrom) continue;
      const isInWindow = this.#consumer !== undefined && seq < this.#windowEnd;
      const current = isInWindow ? this.#window?.find(seq) : entry;
      if (current === undefined) this.#overflows.goneEnd = seq + 1;
      else this.#giveUp(current, isInWindow, hasExpired ? "expired" : "displaced");
    }
    this.#tellOfRoom();
  }

  /** Which of the oldest entries to read: undefined when none has to go, or none of them is on disk. */
  trimPage(): TrimPage | undefined {
    const fromSeq = this.#untakenFrom;
    if (this.#isDropped || fromSeq >= this.#committedSeq || !this.#mustTrim) return undefined;
    return { fromSeq, toSeq: this.#committedSeq, ...this.#overflows.page(this, this.#policy) };
  }

  /** No entry that is left expires before `freshUntil`, as far as they were read; below `emptyEnd` there are none. */
  trimmed(freshUntil: number, emptyEnd = 0): void {
    const overflow = this.#overflows;
    overflow.isTrimming = false;
    overflow.freshUntil = freshUntil;
    overflow.goneEnd = Math.max(overflow.goneEnd, emptyEnd);
    if (this.#mayDisplaceBefore(this.#nextSeq - 1)) this.#askToTrim();
  }

  /** Before this time a look at the oldest entries would find none that has expired. */
  get freshUntil(): number {
    return this.#isOver ? 0 : (this.#overflow?.freshUntil ?? 0);
  }

  mark(sentEnd: number): void {
    this.#markedEnd = sentEnd;
  }

  /** Begins to consume from the head; entries that were taken before and not settled come again. */
  attach(consumer: QueueConsumer): void {
    this.#forgetWindow();
    this.#consumer = consumer;
    this.#window = new QueueWindow();
    this.#window.takenLimits = consumer.takenLimits;
    if (this.isDirty) this.#earlier = Earlier.InOpenBatch;
    else this.#earlier = this.#isBeingWritten ? Earlier.BeingWritten : Earlier.OnDisk;
    if (this.#count === 0) this.#headSeq = this.#windowEnd = this.#nextSeq;
  }

  detach(): void {
    this.#forgetWindow();
    this.#window = undefined;
    this.#consumer = undefined;
  }

  /** The owner is gone, and all entries with it: there is nobody left to wait for. */
  drop(): void {
    this.detach();
    if (!this.#isDropped) this.#policy.budget?.add(-this.#count, -this.#bytes);
    this.#isDropped = true;
    this.#runWhenRoom();
  }

  /** The next entry in order, or undefined when none is ready: `ready` tells when to ask again. */
  take(): QueueEntry | undefined {
    const consumer = this.#consumer;
    const window = this.#window;
    if (consumer === undefined || window === undefined) return undefined;
    const entry = window.peek();
    if (entry === undefined) {
      if (this.#windowEnd < this.#nextSeq) this.#load();
      return undefined;
    }
    const mustBeCommitted = consumer.committedOnly || entry.delivery.qos === 2;
    if (mustBeCommitted && entry.seq >= this.#committedSeq) {
      this.#waitsForCommit = true;
      return undefined;
    }
    window.advance();
    if (entry.seq >= this.#sentEnd) this.#sentEnd = entry.seq + 1;
    if (this.#windowEnd < this.#committedSeq) this.#readAhead(window);
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

  /** How many entries of the open batch the consumer has and has not settled: they are in it for want of an answer. */
  get onTheirWay(): number {
    if (this.#consumer === undefined) return 0; // it has left them
    return Math.max(0, this.#sentEnd - Math.max(this.#headSeq, this.#frozenSeq));
  }

  /** The batch closed by the last `frozen` is on disk. */
  committed(): void {
    this.#isBeingWritten = false;
    this.#committedSeq = this.#frozenSeq;
    if (this.#earlier === Earlier.BeingWritten) this.#earlier = Earlier.OnDisk;
    if (this.#mayDisplaceBefore(this.#nextSeq - 1)) this.#askToTrim();
    if (!this.#waitsForCommit) return;
    this.#waitsForCommit = false;
    this.#consumer?.ready();
  }

  get #overflows(): QueueOverflow {
    this.#overflow ??= new QueueOverflow();
    return this.#overflow;
  }

  /** More than the limits allow: its oldest have to go. */
  get #isOver(): boolean {
    return this.#overflow?.isOver(this, this.#policy) === true && this.#policy.whenFull === "dropOldest";
  }

  get #mustTrim(): boolean {
    return this.#policy.removesExpired === true || this.#mayDisplaceBefore(this.#nextSeq - 1);
  }

  #mayDisplaceBefore(seq: number): boolean {
    return this.#isOver && this.#untakenFrom < seq;
  }

  #account(messages: number, bytes: number): void {
    this.#count += messages;
    this.#bytes += bytes;
    this.#policy.budget?.add(messages, bytes);
  }

  #lost(message: Message, reason: QueueLoss): void {
    this.#overflows.count(reason);
    this.#policy.missed(message, reason, this);
  }

  /** What is in memory goes at once; where the oldest are only on disk they have to be read first. */
  #displaceFor(entry: QueueEntry): void {
    const policy = this.#policy;
    if (this.#overflow === undefined && lossAtLimit(this, policy) === undefined) return;
    this.#overflows.entered(sizeOf(entry.message), policy);
    const at = entry.message?.receivedAt ?? 0;
    while (this.#mayDisplaceBefore(entry.seq)) {
      const oldest = this.#window?.peek();
      if (oldest === undefined || oldest.seq < this.#sentEnd) break;
      this.#giveUp(oldest, true, isExpired(oldest.message, at) ? "expired" : "displaced");
    }
    if (this.#mayDisplaceBefore(entry.seq)) this.#askToTrim();
  }

  /** An entry that was never handed out goes for good. */
  #giveUp(entry: QueueEntry, isInWindow: boolean, reason: QueueLoss): void {
    const overflow = this.#overflows;
    const { seq, message } = entry;
    overflow.left(sizeOf(message));
    if (isInWindow) this.#removeHeld(entry);
    else this.#removeStored(entry);
    overflow.goneEnd = seq + 1;
    if (message !== undefined) this.#lost(message, reason);
  }

  #removeHeld(entry: QueueEntry): void {
    const bytes = sizeOf(entry.message);
    this.#account(-1, -bytes);
    this.#store.deleteEntry(this, entry);
    entry.stored = EntryState.Gone;
    this.#window?.removed(entry.seq, bytes);
    this.#moveHead();
  }

  /** The window knows nothing of it: what is read into it from here on must not find it any more. */
  #removeStored(entry: QueueEntry): void {
    this.#account(-1, -sizeOf(entry.message));
    this.#store.deleteEntry(this, entry);
    if (this.#consumer === undefined) {
      if (this.#headSeq >= this.#sentEnd) this.#headSeq = this.#windowEnd = entry.seq + 1; // none was handed out
      return;
    }
    this.#earlier = Earlier.InOpenBatch;
    this.#waitsForCommit = true;
    this.#isLoading = false;
    this.#generation++;
  }

  #askToTrim(): void {
    const overflow = this.#overflows;
    if (overflow.isTrimming || this.trimPage() === undefined) return;
    overflow.isTrimming = true;
    this.#hooks.crowded(this);
  }

  #append(entry: QueueEntry): void {
    this.#window?.append(entry);
    this.#windowEnd = entry.seq + 1;
  }

  #moveHead(): void {
    this.#headSeq = this.#window?.firstSeq ?? this.#windowEnd;
  }

  /** Publishers wait for room in the queue, the consumer for room in the window. */
  #tellOfRoom(): void {
    if (this.#whenRoom !== undefined && this.#whenRoom.size > 0 && !this.isFull) this.#runWhenRoom();
    if (!this.#waitsForRoom || this.#window?.isFull) return;
    this.#waitsForRoom = false;
    this.#consumer?.ready();
  }

  #runWhenRoom(): void {
    const tasks = [...(this.#whenRoom ?? [])];
    this.#whenRoom?.clear();
    for (const task of tasks) task();
  }

  #forgetWindow(): void {
    this.#windowEnd = this.#headSeq;
    if (this.#overflow !== undefined) this.#overflow.freshUntil = 0;
    this.#waitsForCommit = false;
    this.#waitsForRoom = false;
    this.#isLoading = false;
    this.#generation++;
  }

  /** The next page is asked for before the consumer has to wait for it. */
  #readAhead(window: QueueWindow): void {
    if (window.isLow && !window.isFull && this.#earlier === Earlier.OnDisk) this.#load();
  }

  /** Reads the next page; what is not on disk yet is read after its commit. */
  #load(): void {
    if (this.#isLoading) return;
    if (this.#earlier !== Earlier.OnDisk || this.#windowEnd >= this.#committedSeq) {
      this.#waitsForCommit = true;
      return;
    }
    if (this.#window?.isFull) {
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
        this.#hooks.readFailed(this);
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
    const window = this.#window;
    if (window === undefined || this.#count === window.count) return;
    if (this.#count > window.count) this.#hooks.missing(this, this.#count - window.count);
    this.#account(window.count - this.#count, window.bytes - this.#bytes);
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
