import type { CommitResult } from "../../src/state/store.ts";
import { applyBatch } from "../../src/storage/memory/apply-batch.ts";
import type { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { OpenBatch } from "../../src/storage/open-batch.ts";

/** A store in memory whose writing the test may hold back, or end as a killed process would. */
export class HeldStore extends MemoryStore {
  readonly #disk: MemoryDisk;
  #held: Promise<void> | undefined;
  #release: () => void = () => {};
  #isDead = false;

  constructor(disk: MemoryDisk) {
    super(disk);
    this.#disk = disk;
  }

  /** From here on nothing reaches the disk. */
  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#held = undefined;
    this.#release();
  }

  /** What is not on the disk now never will be. */
  kill(): void {
    this.#isDead = true;
  }

  override async commit(): Promise<CommitResult> {
    const { batch } = this;
    this.batch = new OpenBatch();
    batch.seal();
    await this.#held;
    if (this.#isDead) return new Promise(() => {});
    return { operations: applyBatch(this.#disk, batch), bytes: batch.bytes };
  }
}
