import type { Clock } from "../../base/clock.ts";
import { describe } from "../../base/errors.ts";
import { SLOT_COUNT } from "../../base/ids.ts";
import type { Logger } from "../../base/logger.ts";
import type { QueueRecord, QueueRef } from "../../state/records.ts";
import { type OpenBatch, queueKey } from "../open-batch.ts";
import type { Database } from "./database.ts";
import { entryRange, slotRange } from "./keys.ts";

/** Deleted entries after which the ranges they were in are looked at. */
const LOOK_AFTER_ENTRIES = 100_000;
/** A queue that has lost fewer is left out. */
const LEAST_ENTRIES = 1000;
/** A range that still takes so much is compacted whatever there is beside it: nearly all of its files are its own. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** All is compacted when so much is deleted, and that is half of all: the other half is rewritten once for it. */
const WORTH_BYTES = 4 * 1024 * 1024;
/** So much is compacted at a time. */
const PIECE_BYTES = 32 * 1024 * 1024;
/** Queues whose deleted entries are counted; beyond, the one counted longest is forgotten. */
const COUNTED_QUEUES = 4096;
/** The rest after each piece of work, in times of what it took: LevelDB's one thread is for writing, too. */
const REST = 1;

/** Files that somebody read from when their compaction ended are deleted with the next one: one of nothing will do. */
const NOTHING = slotRange(SLOT_COUNT);

interface Purged {
  readonly queue: QueueRef;
  fromSeq: number;
  /** Most entries between the two are deleted. */
  toSeq: number;
  entries: number;
}

interface Sized {
  readonly purged: Purged;
  /** On disk, about. */
  readonly bytes: number;
}

/**
 * Gives the space of deleted entries back: LevelDB only marks them, and merges files when it writes others nearby. A
 * drained backlog would keep its gigabytes. In pieces of some 32 MiB, one at a time, with rests.
 */
export class Compactor {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By `queueKey`. */
  readonly #purged = new Map<number, Purged>();
  /** Deleted entries since the ranges were looked at. */
  #unseen = 0;
  #run: Promise<void> | undefined;
  #isStopped = false;
  #endRest: (() => void) | undefined;

  constructor(database: Database, clock: Clock, logger: Logger) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** A queue found at start: what was deleted before may still take space. */
  found(queue: QueueRecord): void {
    const { headSeq } = queue;
    if (headSeq < LEAST_ENTRIES || this.#purged.size >= COUNTED_QUEUES) return;
    const purged = this.#purgedOf(queue);
    purged.fromSeq = 0;
    purged.toSeq = headSeq;
    purged.entries = headSeq;
    this.#unseen += headSeq;
  }

  /** The batch is on disk. */
  written({ deleteQueues, deleteSeqs }: OpenBatch): void {
    let purged: Purged | undefined;
    for (let i = 0; i < deleteSeqs.length; i++) {
      const queue = deleteQueues[i] as QueueRef;
      const seq = deleteSeqs[i] as number;
      if (purged === undefined || purged.queue.id !== queue.id) purged = this.#purgedOf(queue);
      purged.entries++;
      purged.fromSeq = Math.min(purged.fromSeq, seq);
      purged.toSeq = Math.max(purged.toSeq, seq + 1);
    }
    this.#unseen += deleteSeqs.length;
    this.start();
  }

  /** Looks at what was deleted when it is much, and nothing is under way. */
  start(): void {
    if (this.#unseen < LOOK_AFTER_ENTRIES || this.#run !== undefined || this.#isStopped) return;
    this.#unseen = 0;
    this.#run = this.#look()
      .catch((error: unknown) => this.#logger.warn({ error: describe(error) }, "compacting the store paused"))
      .finally(() => {
        this.#run = undefined;
        this.start();
      });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  /** Ends after the piece under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endRest?.();
    await this.#run;
  }

  #purgedOf({ slot, id }: QueueRef): Purged {
    const key = queueKey({ slot, id });
    let purged = this.#purged.get(key);
    if (purged !== undefined) return purged;
    const [oldest] = this.#purged.keys();
    if (oldest !== undefined && this.#purged.size >= COUNTED_QUEUES) this.#purged.delete(oldest);
    purged = { queue: { slot, id }, fromSeq: Number.MAX_SAFE_INTEGER, toSeq: 0, entries: 0 };
    this.#purged.set(key, purged);
    return purged;
  }

  async #look(): Promise<void> {
    const ranges = await this.#deletedRanges();
    const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
    const large = ranges.filter((range) => range.bytes >= LARGE_BYTES);
    if (bytes >= WORTH_BYTES && bytes * 2 >= (await this.#allBytes())) await this.#compactAll();
    else if (large.length > 0) for (const range of large) await this.#compactRange(range);
    else return;
    if (!this.#isStopped) await this.#compact(NOTHING.gte, NOTHING.lt);
  }

  async #deletedRanges(): Promise<readonly Sized[]> {
    const ranges: Sized[] = [];
    for (const purged of this.#purged.values()) {
      if (purged.entries < LEAST_ENTRIES) continue;
      const bytes = await this.#bytesOf(entryRange(purged.queue, purged.fromSeq, purged.toSeq));
      ranges.push({ purged, bytes });
    }
    return ranges;
  }

  async #allBytes(): Promise<number> {
    let bytes = 0;
    for (let slot = 0; slot < SLOT_COUNT; slot++) bytes += await this.#bytesOf(slotRange(slot));
    return bytes;
  }

  /** Neighbouring slots together: each compaction has LevelDB write its memory to a file first. */
  async #compactAll(): Promise<void> {
    this.#purged.clear();
    let first = 0;
    let bytes = 0;
    for (let slot = 0; slot < SLOT_COUNT && !this.#isStopped; slot++) {
      bytes += await this.#bytesOf(slotRange(slot));
      if (bytes < PIECE_BYTES && slot < SLOT_COUNT - 1) continue;
      await this.#compact(slotRange(first).gte, slotRange(slot).lt);
      first = slot + 1;
      bytes = 0;
    }
  }

  async #compactRange({ purged: { queue, fromSeq, toSeq }, bytes }: Sized): Promise<void> {
    this.#purged.delete(queueKey(queue));
    const step = Math.ceil((toSeq - fromSeq) / Math.ceil(bytes / PIECE_BYTES));
    for (let from = fromSeq; from < toSeq && !this.#isStopped; from += step) {
      const { gte, lt } = entryRange(queue, from, Math.min(from + step, toSeq));
      await this.#compact(gte, lt);
    }
  }

  async #compact(from: Buffer, to: Buffer): Promise<void> {
    const started = performance.now();
    await this.#database.compactRange(from, to);
    const tookMs = performance.now() - started;
    this.#logger.debug({ tookMs }, "space of deleted messages was given back");
    await this.#rest(tookMs * REST);
  }

  async #bytesOf({ gte, lt }: ReturnType<typeof entryRange>): Promise<number> {
    return this.#isStopped ? 0 : this.#database.approximateSize(gte, lt);
  }

  async #rest(forMs: number): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(forMs, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
    this.#endRest = undefined;
  }
}
