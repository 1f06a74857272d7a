import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { QueueRef } from "../../../src/state/records.ts";
import { Compactor } from "../../../src/storage/level/compactor.ts";
import type { Database } from "../../../src/storage/level/database.ts";
import { readEntrySeq, readQueueKey } from "../../../src/storage/level/keys.ts";
import { OpenBatch } from "../../../src/storage/open-batch.ts";
import { aQueue } from "../samples.ts";

const MIB = 1024 * 1024;
const SLOTS = 48;

/** A database that only says how large ranges are, and notes which were compacted. */
class Sizes {
  /** Of each range of a queue. */
  deletedBytes = 0;
  /** Of all slots together. */
  allBytes = 0;
  readonly compacted: string[] = [];
  /** Compactions of nothing, which delete the files that were read from when theirs ended. */
  timesTidied = 0;
  whenCompacted: () => Promise<void> | void = () => {};

  async approximateSize(from: Buffer): Promise<number> {
    return from.length === 1 ? this.allBytes / SLOTS : this.deletedBytes;
  }

  async compactRange(from: Buffer, to: Buffer): Promise<void> {
    if (from[0] === SLOTS) this.timesTidied++;
    else this.compacted.push(from.length === 1 ? `slots ${from[0]} to ${to[0]}` : nameOf(from, to));
    await this.whenCompacted();
  }
}

function nameOf(from: Buffer, to: Buffer): string {
  return `${readQueueKey(from).id}: ${readEntrySeq(from)} to ${readEntrySeq(to)}`;
}

/** A clock whose timers are due at once. */
const IMPATIENT: Clock = {
  now: () => 0,
  after(_delayMs, task) {
    setImmediate(task);
    return () => {};
  },
};

function compactorOn(sizes: Sizes): Compactor {
  return new Compactor(sizes as unknown as Database, IMPATIENT, silentLogger);
}

function deleted(queue: QueueRef, fromSeq: number, toSeq: number): OpenBatch {
  const batch = new OpenBatch();
  for (let seq = fromSeq; seq < toSeq; seq++) batch.deleteAt(queue, seq);
  return batch;
}

describe("the space of deleted messages", () => {
  const queue = { slot: 3, id: 7 };
  const other = { slot: 3, id: 8 };

  it("is given back where one queue has lost very much, a piece at a time, whatever there is beside it", async () => {
    const sizes = new Sizes();
    sizes.allBytes = 10_000 * MIB;
    sizes.deletedBytes = 96 * MIB;
    const compactor = compactorOn(sizes);

    compactor.written(deleted(queue, 50, 60_050));
    compactor.written(deleted(other, 0, 999));
    compactor.written(deleted(queue, 60_050, 100_050));
    await compactor.idle();

    expect(sizes.compacted).toEqual(["7: 50 to 33384", "7: 33384 to 66718", "7: 66718 to 100050"]);
  });

  it("is given back everywhere when half of all is deleted, by however many queues", async () => {
    const sizes = new Sizes();
    sizes.deletedBytes = MIB;
    sizes.allBytes = 100 * MIB;
    const compactor = compactorOn(sizes);

    for (let id = 1; id <= 50; id++) compactor.written(deleted({ slot: 1, id }, 0, 2000));
    await compactor.idle();

    expect(sizes.compacted).toEqual(["slots 0 to 16", "slots 16 to 32", "slots 32 to 48"]);
  });

  it("is given back when it is some megabytes and nothing else is there", async () => {
    const sizes = new Sizes();
    sizes.deletedBytes = 4 * MIB;
    sizes.allBytes = 4 * MIB;
    const compactor = compactorOn(sizes);

    compactor.written(deleted(queue, 0, 100_000));
    await compactor.idle();

    expect(sizes.compacted).toEqual(["slots 0 to 48"]);
  });

  it("is given back also of files that were being read, when all else is done", async () => {
    const sizes = new Sizes();
    sizes.deletedBytes = 64 * MIB;
    sizes.allBytes = 1000 * MIB;
    const compactor = compactorOn(sizes);
    const done: number[] = [];
    sizes.whenCompacted = () => void done.push(sizes.timesTidied);

    compactor.written(deleted(queue, 0, 100_000));
    await compactor.idle();

    expect(done).toEqual([0, 0, 1]);
  });

  it("is left to LevelDB when it is little, or less than half, or few were deleted", async () => {
    const sizes = new Sizes();
    const compactor = compactorOn(sizes);

    sizes.deletedBytes = 3 * MIB;
    sizes.allBytes = 3 * MIB;
    compactor.written(deleted(queue, 0, 100_000));
    await compactor.idle();
    sizes.deletedBytes = 63 * MIB;
    sizes.allBytes = 127 * MIB;
    compactor.written(deleted(queue, 100_000, 200_000));
    await compactor.idle();
    sizes.deletedBytes = 96 * MIB;
    compactor.written(deleted(queue, 200_000, 299_999));
    await compactor.idle();

    expect([sizes.compacted, sizes.timesTidied]).toEqual([[], 0]);
  });

  it("is looked at again at the start, before the heads of queues that have come far", async () => {
    const sizes = new Sizes();
    sizes.allBytes = 1000 * MIB;
    sizes.deletedBytes = 64 * MIB;
    const compactor = compactorOn(sizes);

    compactor.found(aQueue({ id: 1, headSeq: 999 }));
    compactor.found(aQueue({ id: 2, headSeq: 1_000_000 }));
    compactor.start();
    await compactor.idle();

    expect(sizes.compacted).toEqual(["2: 0 to 500000", "2: 500000 to 1000000"]);
  });

  it("is not waited for beyond the piece under way when the store closes", async () => {
    const sizes = new Sizes();
    sizes.deletedBytes = 1024 * MIB;
    sizes.allBytes = 1024 * MIB;
    const compactor = compactorOn(sizes);
    let stopped: Promise<void> | undefined;
    sizes.whenCompacted = () => {
      stopped ??= compactor.stop();
    };

    compactor.written(deleted(queue, 0, 100_000));
    await compactor.idle();
    await stopped;

    expect(sizes.compacted).toHaveLength(1);
  });

  it("is tried for again later when it fails", async () => {
    const sizes = new Sizes();
    sizes.deletedBytes = 33 * MIB;
    sizes.allBytes = 33 * MIB;
    sizes.whenCompacted = () => {
      throw new Error("Input/output error");
    };
    const compactor = compactorOn(sizes);

    compactor.written(deleted(queue, 0, 100_000));
    await compactor.idle();
    sizes.whenCompacted = () => {};
    compactor.written(deleted(queue, 100_000, 200_000));
    await compactor.idle();

    expect(sizes.compacted).toEqual(["slots 0 to 47", "slots 0 to 47", "slots 47 to 48"]);
  });
});
