import type { QueueEntry, QueueRef } from "../../src/state/records.ts";
import type { CommitResult } from "../../src/state/store.ts";
import { applyBatch } from "../../src/storage/memory/apply-batch.ts";
import type { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { OpenBatch } from "../../src/storage/open-batch.ts";
import { absorb } from "../state/absorb.ts";
import { asEncoded } from "../state/deferred-store.ts";
import { HeldStore } from "../support/held-store.ts";

type Range = [queue: QueueRef, fromSeq: number, toSeq: number, limit: number, maximumBytes: number];

interface Write {
  readonly encoded: OpenBatch;
  done(): void;
  failed(): void;
}

interface Read {
  done(): void;
  failed(): void;
}

/** A store in memory whose reads and writes end, well or not, when the scheduler says so. */
export class SimulatedStore extends HeldStore {
  readonly #disk: MemoryDisk;
  override readonly isOnDisk = true;
  #write: Write | undefined;
  #reads: Read[] = [];
  /** Something may wait for the next try. */
  hasFailedToRead = false;

  constructor(disk: MemoryDisk) {
    super(disk);
    this.#disk = disk;
  }

  get isWriting(): boolean {
    return this.#write !== undefined;
  }

  override commit(): Promise<CommitResult> {
    const { batch } = this;
    this.batch = new OpenBatch();
    batch.seal();
    return new Promise((resolve, reject) => {
      this.#write = {
        encoded: asEncoded(batch),
        done: () => resolve({ operations: 0, bytes: batch.bytes }),
        failed: () => {
          absorb(batch, this.batch);
          this.batch = batch;
          reject(new Error("No space left on device"));
        },
      };
    });
  }

  override readEntries(...range: Range): Promise<QueueEntry[]> {
    return new Promise((resolve, reject) => {
      this.#reads.push({
        done: () => resolve(super.readEntries(...range)),
        failed: () => reject(new Error("Input/output error")),
      });
    });
  }

  get isReading(): boolean {
    return this.#reads.length > 0;
  }

  /** The oldest read gets its entries. */
  read(): void {
    this.#reads.shift()?.done();
  }

  failRead(): void {
    this.#reads.shift()?.failed();
    this.hasFailedToRead = true;
  }

  succeed(): void {
    const write = this.#end();
    if (write === undefined) return;
    applyBatch(this.#disk, write.encoded);
    write.done();
  }

  fail(): void {
    this.#end()?.failed();
  }

  /** The process is killed, before or just after the disk took what was being written. */
  die(isWritten: boolean): void {
    const write = this.#end();
    if (write !== undefined && isWritten) applyBatch(this.#disk, write.encoded);
  }

  #end(): Write | undefined {
    const write = this.#write;
    this.#write = undefined;
    return write;
  }
}
