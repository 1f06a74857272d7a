import { ENTRY_OVERHEAD_BYTES } from "./memory-lane.ts";
import type { Lane, LaneConsumer } from "./ports.ts";
import { type ReadyEntry, ReturnedEntries } from "./returned-entries.ts";

/** What can be done to an entry that was taken. */
export interface LaneStore {
  settle(seq: number): void;
  requeue(seq: number, deliveryCount: number): void;
}

/** Entries a purge removes before other work goes on. */
const PURGE_SLICE = 1024;

/**
 * The ready messages of one lane, in order: what was given back first, then what the lane still holds. The first one
 * can be looked at without being handed out.
 *
 *     returned (lowest seq first) ─┐
 *     looked at, not handed out ───┼─▶ peek, advance ─▶ in hands ─▶ settled, or returned
 *     lane.take() ─────────────────┘
 */
export class LaneFeed<L extends Lane> {
  readonly priority: number;
  readonly lane: Lane;
  /** The lane when it is durable. */
  readonly durable: L | undefined;
  readonly store: LaneStore;
  readonly #firstSeq: number;
  readonly #returned = new ReturnedEntries();
  /** Taken from the lane to look at it. */
  #looked: ReadyEntry | undefined;
  #isAttached = false;
  #heldCount = 0;
  #heldBytes = 0;
  /** Entries below were handed out before this feed could know of it. */
  #redeliveredBelow: number;
  #deliveredEnd: number;
  /** Entries from here on arrived since the queue last looked at all it has. */
  #seenEnd = 0;
  /** A purge removes what is below this seq and not in hands. */
  #purgeEnd = 0;
  #purgeCount = 0;
  #purgeBytes = 0;

  /** `redeliveredBelow`: what the process before may have handed out. */
  constructor(
    priority: number,
    lane: Lane,
    durable: L | undefined,
    store: LaneStore,
    redeliveredBelow: number,
  ) {
    this.priority = priority;
    this.lane = lane;
    this.durable = durable;
    this.store = store;
    this.#firstSeq = lane.nextSeq;
    this.#redeliveredBelow = redeliveredBelow;
    this.#deliveredEnd = redeliveredBelow;
  }

  /** Messages that came since the feed was made. */
  get published(): number {
    return this.lane.nextSeq - this.#firstSeq;
  }

  get readyCount(): number {
    return Math.max(0, this.lane.count - this.#heldCount - this.#purgeCount);
  }

  /** Payload bytes. */
  get readyBytes(): number {
    const { bytes, count } = this.lane;
    return Math.max(0, bytes - count * ENTRY_OVERHEAD_BYTES - this.#heldBytes - this.#purgeBytes);
  }

  get heldCount(): number {
    return this.#heldCount;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isPurging(): boolean {
    return this.#purgeCount > 0;
  }

  /** One more than the highest seq that was handed out. */
  get deliveredEnd(): number {
    return this.#deliveredEnd;
  }

  attach(consumer: LaneConsumer): void {
    this.#isAttached = true;
    this.lane.attach(consumer);
  }

  /** Nothing may be in hands. What was given back comes again from the lane. */
  detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#returned.clear();
    this.#looked = undefined;
    this.#redeliveredBelow = Math.max(this.#redeliveredBelow, this.#deliveredEnd);
    this.lane.detach();
  }

  /** The first ready entry; undefined when there is none, or when it is still being read. */
  peek(): ReadyEntry | undefined {
    if (this.#purgeCount > 0) this.purgeOn();
    return this.#returned.first ?? (this.#purgeCount > 0 ? undefined : this.#look());
  }

  /** The entry that `peek` showed leaves the feed. */
  advance(): void {
    if (this.#returned.count > 0) this.#returned.removeFirst();
    else this.#looked = undefined;
  }

  /** Whether the entry that `peek` showed was handed out before. */
  isRedelivered(entry: ReadyEntry): boolean {
    return this.#returned.first === entry || entry.seq < this.#redeliveredBelow;
  }

  /** The entry came since the queue last looked at all it has. */
  isFresh(entry: ReadyEntry): boolean {
    return entry.seq >= this.#seenEnd && this.#returned.first !== entry;
  }

  seen(): void {
    this.#seenEnd = this.lane.nextSeq;
  }

  // hot: once per message
  handedOut(seq: number, bytes: number): void {
    this.#heldCount++;
    this.#heldBytes += bytes;
    if (seq >= this.#deliveredEnd) this.#deliveredEnd = seq + 1;
  }

  released(bytes: number): void {
    this.#heldCount--;
    this.#heldBytes -= bytes;
  }

  giveBack(entry: ReadyEntry): void {
    this.#returned.add(entry);
  }

  /** Removes what is ready now, in slices: what comes later, and what is in hands, stays. */
  purge(): void {
    for (let entry = this.#returned.first; entry !== undefined; entry = this.#returned.first) {
      this.#returned.removeFirst();
      this.store.settle(entry.seq);
    }
    if (this.#looked !== undefined) this.store.settle(this.#looked.seq);
    this.#looked = undefined;
    this.#purgeBytes += this.readyBytes;
    this.#purgeCount += this.readyCount;
    this.#purgeEnd = this.lane.nextSeq;
  }

  /** Goes on with a purge; true when there is more to remove at once. */
  purgeOn(): boolean {
    for (let i = 0; i < PURGE_SLICE && this.#purgeCount > 0; i++) {
      const entry = this.lane.take();
      if (entry === undefined) {
        this.#leaveOutMissing();
        return false;
      }
      if (entry.seq >= this.#purgeEnd) {
        this.#looked = entry;
        this.#purgeCount = 0; // some of them could not be read
      } else {
        this.#purgeCount--;
        this.#purgeBytes -= entry.message?.payload.length ?? 0;
        this.store.settle(entry.seq);
      }
    }
    if (this.#purgeCount === 0) this.#purgeBytes = 0;
    return this.#purgeCount > 0;
  }

  /** What could not be read no longer counts in the lane: nothing is left of it to remove. */
  #leaveOutMissing(): void {
    const left = Math.max(0, this.lane.count - this.#heldCount - this.#returned.count);
    this.#purgeCount = Math.min(this.#purgeCount, left);
    if (this.#purgeCount === 0) this.#purgeBytes = 0;
  }

  #look(): ReadyEntry | undefined {
    this.#looked ??= this.lane.take();
    return this.#looked;
  }
}
