import type { CommitResult } from "../../src/state/store.ts";
import { applyBatch } from "../../src/storage/memory/apply-batch.ts";
import type { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { OpenBatch } from "../../src/storage/open-batch.ts";
import { absorb } from "./absorb.ts";

/** A memory store whose writes take until the test lets them succeed or fail, as a real disk's do. */
export class DeferredStore extends MemoryStore {
  readonly #disk: MemoryDisk;
  #end: ((how: "written" | "failed") => void) | undefined;

  constructor(disk: MemoryDisk) {
    super(disk);
    this.#disk = disk;
  }

  override commit(): Promise<CommitResult> {
    const batch = this.batch;
    this.batch = new OpenBatch();
    batch.seal();
    const encoded = asEncoded(batch);
    return new Promise((resolve, reject) => {
      this.#end = (how) => {
        this.#end = undefined;
        if (how === "written") {
          resolve({ operations: applyBatch(this.#disk, encoded), bytes: batch.bytes });
          return;
        }
        absorb(batch, this.batch);
        this.batch = batch;
        reject(new Error("No space left on device"));
      };
    });
  }

  /** Ends the write under way. */
  end(how: "written" | "failed"): void {
    this.#end?.(how);
  }
}

/** What goes to disk is fixed when the batch is closed: later changes of its entries are for the next one. */
export function asEncoded(batch: OpenBatch): OpenBatch {
  return Object.assign(new OpenBatch(), batch, {
    putEntries: batch.putEntries.map((entry) => ({ ...entry })),
  });
}
