import type { Message } from "../base/message.ts";
import { EntryState, type QueueEntry } from "./records.ts";

/** Entries kept in memory ahead of the consumer, those it holds unsettled included. */
export const WINDOW_ENTRIES = 2048;
const WINDOW_BYTES = 4 * 1024 * 1024;
/** With fewer ahead of the consumer the next page is read. */
const LOW_ENTRIES = 256;
/** Places of settled entries are given back when there are this many of them. */
const TRIM_FROM = 1024;
/** What an entry costs beside its payload, roughly. */
export const ENTRY_OVERHEAD_BYTES = 64;

/** Bounds of what one consumer holds unsettled. */
export interface TakenLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** What an entry with this message counts for; undefined = released. */
export function sizeOf(message: Message | undefined): number {
  return message === undefined ? ENTRY_OVERHEAD_BYTES : message.payload.length + ENTRY_OVERHEAD_BYTES;
}

/**
 * The part of a queue that is in memory, in order of seq:
 *
 *      gone | taken, some of them gone | ahead
 *           ^ first                    ^ cursor
 */
export class QueueWindow {
  #entries: QueueEntry[] = [];
  /** Index of the first entry that is not gone. */
  #first = 0;
  /** Index of the next entry to take. */
  #cursor = 0;
  /** Entries from `#first` on that are gone. */
  #gone = 0;
  #bytes = 0;
  /** Entries from `#cursor` on that are gone, and what the others there count for. */
  #goneAhead = 0;
  #bytesAhead = 0;
  /** Undefined: taken and ahead together are bounded by the window. */
  takenLimits: TakenLimits | undefined;

  /** Entries that are not settled. */
  get count(): number {
    return this.#entries.length - this.#first - this.#gone;
  }

  /** What these entries count for. */
  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    const limits = this.takenLimits;
    if (limits === undefined) return this.count >= WINDOW_ENTRIES || this.#bytes >= WINDOW_BYTES;
    return this.#countAhead >= WINDOW_ENTRIES || this.#bytesAhead >= WINDOW_BYTES || this.#isHeldUp(limits);
  }

  /** The consumer will soon have taken all there is. */
  get isLow(): boolean {
    return this.#countAhead < LOW_ENTRIES;
  }

  get #countAhead(): number {
    return this.#entries.length - this.#cursor - this.#goneAhead;
  }

  #isHeldUp({ entries, bytes }: TakenLimits): boolean {
    return this.count - this.#countAhead >= entries || this.#bytes - this.#bytesAhead >= bytes;
  }

  /** The first entry that is not gone; undefined when the window is empty. */
  get first(): QueueEntry | undefined {
    return this.#entries[this.#first];
  }

  /** The lowest seq in the window; undefined when it is empty. */
  get firstSeq(): number | undefined {
    return this.first?.seq;
  }

  append(entry: QueueEntry): void {
    const bytes = sizeOf(entry.message);
    this.#entries.push(entry);
    this.#bytes += bytes;
    this.#bytesAhead += bytes;
  }

  /** The entry that is next to be taken. */
  peek(): QueueEntry | undefined {
    while (this.#entries[this.#cursor]?.stored === EntryState.Gone) {
      this.#cursor++;
      this.#goneAhead--;
    }
    return this.#entries[this.#cursor];
  }

  /** The entry that `peek` showed is taken. */
  advance(): void {
    this.#bytesAhead -= sizeOf(this.#entries[this.#cursor]?.message);
    this.#cursor++;
  }

  /** Entries stand in order of seq, nearly always without gaps: guess the place, else search. */
  find(seq: number): QueueEntry | undefined {
    const first = this.#entries[this.#first];
    if (first === undefined) return undefined;
    const guess = this.#entries[this.#first + seq - first.seq];
    const entry = guess?.seq === seq ? guess : this.#search(seq);
    return entry === undefined || entry.stored === EntryState.Gone ? undefined : entry;
  }

  /** An entry of `bytes` has just become Gone. */
  removed(seq: number, bytes: number): void {
    this.#bytes -= bytes;
    this.#gone++;
    if (this.#isAhead(seq)) {
      this.#goneAhead++;
      this.#bytesAhead -= bytes;
    }
    while (this.#first < this.#entries.length && this.#entries[this.#first]?.stored === EntryState.Gone) {
      this.#first++;
      this.#gone--;
    }
    if (this.#cursor < this.#first) {
      this.#goneAhead -= this.#first - this.#cursor;
      this.#cursor = this.#first;
    }
    if (this.#first >= TRIM_FROM || this.#first === this.#entries.length) this.#dropFront();
    else if (this.#gone >= TRIM_FROM && this.#gone >= this.count) this.#compact();
  }

  /** An entry was released: it counts for less. */
  shrunk(seq: number, bytes: number): void {
    this.#bytes -= bytes;
    if (this.#isAhead(seq)) this.#bytesAhead -= bytes;
  }

  #isAhead(seq: number): boolean {
    const next = this.#entries[this.#cursor];
    return next !== undefined && seq >= next.seq;
  }

  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#cursor = 0;
    this.#gone = 0;
    this.#bytes = 0;
    this.#goneAhead = 0;
    this.#bytesAhead = 0;
  }

  #search(seq: number): QueueEntry | undefined {
    let low = this.#first;
    let high = this.#entries.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle] as QueueEntry;
      if (entry.seq === seq) return entry;
      if (entry.seq < seq) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  #dropFront(): void {
    this.#entries.splice(0, this.#first);
    this.#cursor -= this.#first;
    this.#first = 0;
  }

  /** One entry at the front stays unsettled while many behind it come and go: keeps only what is not gone. */
  #compact(): void {
    const isLeft = (entry: QueueEntry): boolean => entry.stored !== EntryState.Gone;
    this.#cursor = this.#entries.slice(0, this.#cursor).filter(isLeft).length;
    this.#entries = this.#entries.filter(isLeft);
    this.#first = 0;
    this.#gone = 0;
    this.#goneAhead = 0;
  }
}
