import type { Clock } from "../../base/clock.ts";
import { describe } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { QueueRecord, QueueRef } from "../../state/records.ts";
import { type OpenBatch, queueKey } from "../open-batch.ts";
import type { Database } from "./database.ts";
import { entryRange } from "./keys.ts";

/** Deleted entries after which the ranges they were in are looked at. */
const LOOK_AFTER_ENTRIES = 100_000;
/** A queue that has lost fewer is left out. */
const LEAST_ENTRIES = 1000;
/** What the ranges must still take on disk to be worth it. LevelDB's own compactions deal with less in passing. */
const WORTH_BYTES = 32 * 1024 * 1024;
/** A range that takes less is left out. */
const LEAST_BYTES = 256 * 1024;
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
 * drained backlog would keep its gigabytes. One range at a time, in pieces, with rests.
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
    const ranges: [Purged, number][] = [];
    for (const purged of this.#purged.values()) {
      if (purged.entries < LEAST_ENTRIES) continue;
      const bytes = await this.#bytesOf(purged);
      if (this.#isStopped) return;
      if (bytes >= LEAST_BYTES) ranges.push([purged, bytes]);
    }
    const bytes = ranges.reduce((sum, [, one]) => sum + one, 0);
    if (bytes < WORTH_BYTES) return;
    const started = performance.now();
    for (const [purged, one] of ranges) {
      this.#purged.delete(queueKey(purged.queue));
      await this.#compact(purged, Math.ceil(one / WORTH_BYTES));
    }
    const seconds = (performance.now() - started) / 1000;
    this.#logger.debug(
      { bytes, seconds, queues: ranges.length },
      "the space of deleted messages was given back",
    );
  }

  async #bytesOf({ queue, fromSeq, toSeq }: Purged): Promise<number> {
    const { gte, lt } = entryRange(queue, fromSeq, toSeq);
    return this.#database.approximateSize(gte, lt);
  }

  async #compact({ queue, fromSeq, toSeq }: Purged, pieces: number): Promise<void> {
    const step = Math.ceil((toSeq - fromSeq) / pieces);
    for (let from = fromSeq; from < toSeq && !this.#isStopped; from += step) {
      const { gte, lt } = entryRange(queue, from, Math.min(from + step, toSeq));
      const started = performance.now();
      await this.#database.compactRange(gte, lt);
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
