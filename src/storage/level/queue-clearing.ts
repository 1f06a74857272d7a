import { describe } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { type ClearingQueue, type OpenBatch, queueKey } from "../open-batch.ts";
import type { EntryReader } from "./entry-reader.ts";

export interface QueueClearingPorts {
  readonly reader: EntryReader;
  readonly logger: Logger;
  /** The batch that is open now. */
  openBatch(): OpenBatch;
  /** Asks for a commit instead of making one: what else is in the open batch is complete only when its owner says so. */
  wantCommit(): void;
}

/** Entries of a deleted queue that are cleared in one write. */
const STEP = { toSeq: Number.MAX_SAFE_INTEGER, limit: 512, maximumBytes: 1024 * 1024 };

/** Deletes the entries of deleted queues in the background: a bounded step with each commit, one queue at a time. */
export class QueueClearing {
  readonly #ports: QueueClearingPorts;
  /** By `queueKey`; entries before `fromSeq` are gone. */
  readonly #queues = new Map<number, ClearingQueue>();
  #run: Promise<void> | undefined;
  /** Steps that wait for the commit they are part of. */
  readonly #whenCommitted: (() => void)[] = [];
  #isStopped = false;

  constructor(ports: QueueClearingPorts) {
    this.#ports = ports;
  }

  add(queue: ClearingQueue): void {
    this.#queues.set(queueKey(queue), queue);
  }

  start(): void {
    if (this.#queues.size === 0 || this.#run !== undefined || this.#isStopped) return;
    const { logger } = this.#ports;
    this.#run = this.#clear()
      .catch((error: unknown) => logger.warn({ error: describe(error) }, "clearing deleted queues paused"))
      .finally(() => {
        this.#run = undefined;
      });
  }

  /** How many steps wait for the batch that is about to be closed, or an earlier one. */
  get waiting(): number {
    return this.#whenCommitted.length;
  }

  /** The batch is on disk, and with it the first `waiting` steps. */
  written(batch: OpenBatch, waiting: number): void {
    for (const queue of batch.deletedQueues.values()) this.add(queue);
    for (const queue of batch.clearedQueues) this.#queues.delete(queueKey(queue));
    for (const resolve of this.#whenCommitted.splice(0, waiting)) resolve();
  }

  /** Resolves when all is cleared, or the attempt has paused. */
  async idle(): Promise<void> {
    await this.#run;
  }

  /** What is not cleared is taken up at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const resolve of this.#whenCommitted.splice(0)) resolve();
    await this.#run;
  }

  async #clear(): Promise<void> {
    for (const key of this.#queues.keys()) {
      while (await this.#clearSome(key));
    }
  }

  /** Deletes some entries through the open batch, so that the counts of shared bodies change in the same write. */
  async #clearSome(key: number): Promise<boolean> {
    const queue = this.#queues.get(key);
    if (queue === undefined || this.#isStopped) return false;
    const { reader } = this.#ports;
    const found = await reader.scan(queue, { ...STEP, fromSeq: queue.fromSeq });
    const batch = this.#ports.openBatch();
    for (const { seq, entry } of found) {
      batch.deleteAt(queue, seq);
      if (entry?.body !== undefined) batch.unrefer(reader.body(entry.body));
    }
    const last = found.at(-1);
    if (last === undefined) batch.clearedQueues.push(queue);
    else this.#note({ ...queue, fromSeq: last.seq + 1 }, batch);
    await this.#nextCommit();
    return last !== undefined;
  }

  /** The next step, or the next start, goes on here: nobody looks for entries among those that are deleted. */
  #note(queue: ClearingQueue, batch: OpenBatch): void {
    this.#queues.set(queueKey(queue), queue);
    batch.clearingQueues.set(queueKey(queue), queue);
  }

  async #nextCommit(): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      this.#whenCommitted.push(resolve);
      this.#ports.wantCommit();
    });
  }
}
