import { describe, expect, it } from "vitest";
import { QoS } from "../../src/base/qos.ts";
import type { QueueEntry, QueueRef } from "../../src/state/records.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { openRig, pagesArrive, Rig, Taker } from "./rig.ts";

/** Notes from where pages are read. */
class NotingStore extends MemoryStore {
  readonly pages: number[] = [];

  override readEntries(queue: QueueRef, ...range: [number, number, number, number]): Promise<QueueEntry[]> {
    this.pages.push(range[0]);
    return super.readEntries(queue, ...range);
  }
}

describe("a queue read from disk", () => {
  it("asks for the next page while its consumer still has messages of the last one", async () => {
    const disk = new MemoryDisk();
    const filled = await openRig(disk);
    filled.declare("q");
    for (let i = 0; i < 1200; i++) filled.send(`${i}`, QoS.AtLeastOnce, filled.queue("q"));
    await filled.commit();
    const rig = new Rig(new NotingStore(disk));
    await rig.machine.load();

    const taker = new Taker(rig.queue("q"), { limit: 256 });
    taker.ready();
    await pagesArrive();
    expect([taker.taken.length, rig.store.pages]).toEqual([256, [0]]);
    taker.limit = 257;
    taker.ready();
    expect([taker.taken.length, rig.store.pages]).toEqual([257, [0, 512]]);
    taker.limit = Number.POSITIVE_INFINITY;
    for (let page = 0; page < 4; page++) {
      await pagesArrive();
      taker.ready();
    }

    expect(taker.seqs).toEqual(Array.from({ length: 1200 }, (_, seq) => seq));
    expect(rig.store.pages).toEqual([0, 512, 1024]);
  });
});
