import type { Clock } from "../../base/clock.ts";
import { describe } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { QueueRecord, QueueRef } from "../../state/records.ts";
import { type OpenBatch, queueKey } from "../open-batch.ts";
import type { Database } from "./database.ts";
import { entryRange } from "./keys.ts";

/** Deleted entries of one queue after which its range is looked at. */
const LOOK_AFTER_ENTRIES = 100_000;
/** What a range must still take on disk to be worth it. LevelDB's own compactions deal with less in passing. */
const WORTH_BYTES = 32 * 1024 * 1024;
/** Queues whose deleted entries are counted; beyond, the one counted longest is forgotten. */
const COUNTED_QUEUES = 4096;
/** The rest after each piece of work, in times of what it took: LevelDB's one thread is for writing, too. */
const REST = 1;

interface Purged {
  readonly queue: QueueRef;
  fromSeq: number;
  /** Most entries between the two are deleted. */
  toSeq: number;
  entries: number;
}

/**
 * Gives the space of deleted entries back: LevelDB only marks them, and merges files when it writes others nearby. A
 * drained queue would keep its gigabytes. One range at a time, in pieces, with rests.
 */
export class Compactor {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By `queueKey`. */
  readonly #counted = new Map<number, Purged>();
  /** Ranges to look at, by `queueKey`. */
  readonly #wanted = new Map<number, Purged>();
  #run: Promise<void> | undefined;
  #isStopped = false;
  #endRest: (() => void) | undefined;

  constructor(database: Database, clock: Clock, logger: Logger) {
    this.#database = database;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** A queue found at start: what was deleted before may still take space. */
  found({ slot, id, headSeq }: QueueRecord): void {
    if (headSeq < LOOK_AFTER_ENTRIES || this.#wanted.size >= COUNTED_QUEUES) return;
    this.#want({ queue: { slot, id }, fromSeq: 0, toSeq: headSeq, entries: headSeq });
  }

  /** The batch is on disk. */
  written({ deleteQueues, deleteSeqs }: OpenBatch): void {
    let purged: Purged | undefined;
    for (let i = 0; i < deleteSeqs.length; i++) {
      const queue = deleteQueues[i] as QueueRef;
      const seq = deleteSeqs[i] as number;
      if (purged === undefined || purged.queue.id !== queue.id) purged = this.#countedOf(queue);
      purged.entries++;
      purged.fromSeq = Math.min(purged.fromSeq, seq);
      purged.toSeq = Math.max(purged.toSeq, seq + 1);
      if (purged.entries < LOOK_AFTER_ENTRIES) continue;
      this.#counted.delete(queueKey(queue));
      this.#want(purged);
      purged = undefined;
    }
  }

  start(): void {
    if (this.#run !== undefined || this.#wanted.size === 0 || this.#isStopped) return;
    this.#run = this.#compactWanted()
      .catch((error: unknown) => this.#logger.warn({ error: describe(error) }, "compacting the store paused"))
      .finally(() => {
        this.#run = undefined;
      });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#run;
  }

  /** Ends after the piece under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endRest?.();
    await this.#run;
  }

  #countedOf({ slot, id }: QueueRef): Purged {
    const key = queueKey({ slot, id });
    let purged = this.#counted.get(key);
    if (purged !== undefined) return purged;
    const [oldest] = this.#counted.keys();
    if (oldest !== undefined && this.#counted.size >= COUNTED_QUEUES) this.#counted.delete(oldest);
    purged = { queue: { slot, id }, fromSeq: Number.MAX_SAFE_INTEGER, toSeq: 0, entries: 0 };
    this.#counted.set(key, purged);
    return purged;
  }

  #want(purged: Purged): void {
    this.#wanted.set(queueKey(purged.queue), purged);
    this.start();
  }

  async #compactWanted(): Promise<void> {
    for (const [key, purged] of this.#wanted) {
      this.#wanted.delete(key);
      await this.#compact(purged);
      if (this.#isStopped) return;
    }
  }

  async #compact({ queue, fromSeq, toSeq }: Purged): Promise<void> {
    const whole = entryRange(queue, fromSeq, toSeq);
    const bytes = await this.#database.approximateSize(whole.gte, whole.lt);
    if (bytes < WORTH_BYTES) return;
    const started = performance.now();
    await this.#pieces(queue, fromSeq, toSeq, Math.ceil(bytes / WORTH_BYTES));
    const left = await this.#database.approximateSize(whole.gte, whole.lt);
    const seconds = (performance.now() - started) / 1000;
    this.#logger.debug(
      { bytes, left, seconds, queueId: queue.id },
      "the space of deleted messages was given back",
    );
  }

  async #pieces(queue: QueueRef, fromSeq: number, toSeq: number, count: number): Promise<void> {
    const step = Math.ceil((toSeq - fromSeq) / count);
    for (let from = fromSeq; from < toSeq && !this.#isStopped; from += step) {
      const piece = entryRange(queue, from, Math.min(from + step, toSeq));
      const started = performance.now();
      await this.#database.compactRange(piece.gte, piece.lt);
      await this.#rest((performance.now() - started) * REST);
    }
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
