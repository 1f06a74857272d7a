import { beforeEach, describe, expect, it } from "vitest";
import { QoS } from "../../src/base/qos.ts";
import type { Queue } from "../../src/state/queue.ts";
import type { QueueEntry } from "../../src/state/records.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { inconsistencies, openRig, pagesArrive, Rig, Taker } from "./rig.ts";

const BACKLOG = 12_000;

describe("queue", () => {
  let disk: MemoryDisk;
  let rig: Rig;
  let queue: Queue;

  function send(...texts: string[]): void {
    for (const text of texts) rig.send(text, QoS.AtLeastOnce, queue);
  }
  function sendMany(count: number): void {
    for (let i = 0; i < count; i++) send("x");
  }
  function settle(...seqs: number[]): void {
    for (const seq of seqs) rig.apply({ type: "settle", queue, seq });
  }
  async function commit(): Promise<void> {
    await rig.commit();
    await pagesArrive();
  }
  /** Takes and settles until nothing more comes. */
  async function drain(taker: Taker, each: () => void = () => {}): Promise<number[]> {
    const seqs: number[] = [];
    taker.ready();
    do {
      await commit();
      taker.ready();
      for (const entry of taker.taken.splice(0)) {
        seqs.push(entry.seq);
        settle(entry.seq);
        each();
      }
    } while (queue.count > 0);
    return seqs;
  }
  async function restart(): Promise<void> {
    rig = await openRig(disk);
    queue = rig.queue("q");
  }

  beforeEach(async () => {
    disk = new MemoryDisk();
    rig = await openRig(disk);
    queue = rig.declare("q");
  });

  describe("handing out", () => {
    it("hands a QoS 1 message to a waiting consumer before it is on disk", () => {
      const taker = new Taker(queue);

      send("a", "b");

      expect(taker.texts).toEqual(["a", "b"]);
    });

    it("hands out QoS 2 only once it is on disk, and holds back what stands behind it", async () => {
      const taker = new Taker(queue);

      rig.send("exactly once", QoS.ExactlyOnce, queue);
      send("behind");
      const before = taker.texts;
      await commit();

      expect(before).toEqual([]);
      expect(taker.texts).toEqual(["exactly once", "behind"]);
    });

    it("does not hand out QoS 2 with the commit of an earlier batch", async () => {
      const taker = new Taker(queue);
      send("first");
      rig.machine.freeze();
      const writing = rig.store.commit();
      rig.send("second", QoS.ExactlyOnce, queue);

      await writing;
      rig.machine.committed();
      const afterFirst = taker.texts;
      await commit();

      expect(afterFirst).toEqual(["first"]);
      expect(taker.texts).toEqual(["first", "second"]);
    });

    it("hands a consumer that asks for it only what is on disk", async () => {
      const taker = new Taker(queue, { committedOnly: true });

      send("a");
      const before = taker.texts;
      await commit();

      expect(before).toEqual([]);
      expect(taker.texts).toEqual(["a"]);
    });

    it("goes over from disk to memory without a gap or a repeat while messages arrive", async () => {
      sendMany(3_000);
      await commit();
      const taker = new Taker(queue);
      let sent = 3_000;

      const seqs = await drain(taker, () => {
        if (sent < 9_000) {
          send("more", "more");
          sent += 2;
        }
      });

      expect(seqs).toEqual(Array.from({ length: 9_000 }, (_, i) => i));
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("hands out a backlog far larger than the window in order", async () => {
      sendMany(BACKLOG);
      await commit();
      await restart();

      const seqs = await drain(new Taker(queue));

      expect(seqs).toEqual(Array.from({ length: BACKLOG }, (_, i) => i));
      expect([queue.count, queue.bytes]).toEqual([0, 0]);
    });

    it("keeps at most a window in memory for a consumer that takes and does not settle", async () => {
      sendMany(BACKLOG);
      await commit();
      const taker = new Taker(queue);

      taker.ready();
      for (let i = 0; i < 50; i++) await pagesArrive();

      expect(taker.taken.length).toBeGreaterThanOrEqual(2_048);
      expect(taker.taken.length).toBeLessThan(3_000);
    });

    it("keeps at most some megabytes in memory", async () => {
      const text = "x".repeat(1024 * 1024);
      for (let i = 0; i < 20; i++) send(text);
      await commit();
      const taker = new Taker(queue);

      taker.ready();
      for (let i = 0; i < 50; i++) await pagesArrive();

      expect(taker.taken.length).toBeGreaterThanOrEqual(4);
      expect(taker.taken.length).toBeLessThan(7);
      expect(await drain(taker)).toHaveLength(20);
    });

    it("tells a consumer that filled the window when there is room in it again", async () => {
      const taker = new Taker(queue);
      sendMany(5_000);
      await commit();
      const ahead = taker.taken.length;

      for (const { seq } of taker.taken.slice(0, 1_000)) settle(seq);
      await pagesArrive();

      expect(ahead).toBe(2_048);
      expect(taker.taken.length).toBeGreaterThanOrEqual(ahead + 1_000);
    });

    it("reads on when there is room in the window again", async () => {
      sendMany(BACKLOG);
      await commit();
      const taker = new Taker(queue);
      taker.ready();
      for (let i = 0; i < 50; i++) await pagesArrive();
      const ahead = taker.taken.length;

      for (const { seq } of taker.taken.slice(0, 1_000)) settle(seq);
      await pagesArrive();

      expect(taker.taken.length).toBeGreaterThan(ahead);
    });

    it("reads what the window had no room for only when it is on disk", async () => {
      await commit();
      const taker = new Taker(queue, { limit: 100 });
      sendMany(4_000);
      for (let seq = 0; seq < 3_000; seq++) settle(seq);
      taker.limit = BACKLOG;
      taker.ready();
      await pagesArrive();
      const before = taker.seqs.at(-1);

      await commit();
      for (let i = 0; i < 20; i++) await pagesArrive();

      expect(before).toBe(99);
      expect(taker.seqs.slice(100)).toEqual(Array.from({ length: 1_952 }, (_, i) => 2_048 + i));
    });

    it("flows on past one message that is never acknowledged", async () => {
      sendMany(BACKLOG);
      await commit();
      const taker = new Taker(queue);
      taker.ready();
      await pagesArrive();

      const stuck = taker.taken.shift() as QueueEntry;
      let seen = 1;
      for (let round = 0; round < 100 && seen < BACKLOG; round++) {
        for (const { seq } of taker.taken.splice(0)) {
          settle(seq);
          seen++;
        }
        taker.ready();
        await pagesArrive();
      }
      await commit();

      expect([stuck.seq, seen]).toEqual([0, BACKLOG]);
      expect(queue.count).toBe(1);
      await restart();
      const again = new Taker(queue);
      again.ready();
      await pagesArrive();
      expect(again.seqs).toEqual([0]);
    });

    it("never hands out an entry that was settled before its turn", () => {
      const taker = new Taker(queue, { limit: 1 });
      send("a", "b", "c", "d");

      settle(1, 2);
      taker.limit = 10;
      taker.ready();

      expect(taker.texts).toEqual(["a", "d"]);
    });

    it("reads a page again that could not be read, after the next commit of any queue", async () => {
      class Unreadable extends MemoryStore {
        failures = 1;
        override readEntries(...range: Parameters<MemoryStore["readEntries"]>): Promise<QueueEntry[]> {
          if (this.failures-- > 0) return Promise.reject(new Error("Input/output error"));
          return super.readEntries(...range);
        }
      }
      send("a");
      await commit();
      const failing = new Rig(new Unreadable(disk));
      await failing.machine.load();
      const taker = new Taker(failing.queue("q"));
      taker.ready();
      await pagesArrive();

      failing.declare("another");
      await failing.commit();
      await pagesArrive();

      expect(taker.texts).toEqual(["a"]);
    });
  });

  describe("attaching and detaching", () => {
    it("hands out again what was taken and not settled, and nothing that was", async () => {
      const first = new Taker(queue);
      send("a", "b", "c");
      settle(1);
      await commit();

      queue.detach();
      const second = new Taker(queue);
      second.ready();
      await pagesArrive();

      expect(first.texts).toEqual(["a", "b", "c"]);
      expect(second.texts).toEqual(["a", "c"]);
    });

    it("does not read back a message whose settling is in the open batch", async () => {
      new Taker(queue);
      send("a", "b");
      await commit();
      settle(0);
      queue.detach();
      const taker = new Taker(queue);

      taker.ready();
      await pagesArrive();
      const before = taker.texts;
      await commit();

      expect(before).toEqual([]);
      expect(taker.texts).toEqual(["b"]);
      expect(queue.count).toBe(1);
    });

    it("does not read back a message whose settling is being written or is in the batch behind", async () => {
      new Taker(queue);
      send("a", "b", "c");
      await commit();
      settle(0);
      rig.machine.freeze();
      settle(1);
      queue.detach();
      const taker = new Taker(queue);

      await rig.store.commit();
      rig.machine.committed();
      taker.ready();
      await pagesArrive();
      const between = taker.texts;
      await commit();

      expect(between).toEqual([]);
      expect(taker.texts).toEqual(["c"]);
    });

    it("does not read too early when a batch was closed twice because writing it failed", async () => {
      new Taker(queue);
      send("a", "b", "c");
      await commit();
      settle(0);
      rig.machine.freeze();
      settle(1);
      rig.machine.freeze(); // the write failed; this is the second attempt
      const writing = rig.store.commit();
      settle(2);
      queue.detach();
      const taker = new Taker(queue);

      await writing;
      rig.machine.committed();
      taker.ready();
      await pagesArrive();
      send("d");
      await commit();

      expect(taker.texts).toEqual(["d"]);
    });

    it("throws away a page that was read for the consumer before", async () => {
      send("a", "b");
      await commit();
      const first = new Taker(queue);
      first.ready();
      queue.detach();
      const second = new Taker(queue);

      second.ready();
      await pagesArrive();

      expect(first.texts).toEqual([]);
      expect(second.texts).toEqual(["a", "b"]);
    });

    it("loses nothing of an empty queue that has uncommitted changes when a consumer comes", async () => {
      new Taker(queue);
      send("a");
      settle(0);
      queue.detach();
      const taker = new Taker(queue);

      send("b");
      await commit();
      await restart();
      const after = new Taker(queue);
      after.ready();
      await pagesArrive();

      expect(taker.texts).toEqual(["b"]);
      expect(after.texts).toEqual(["b"]);
    });

    it("hands a new consumer what arrived while nobody consumed", async () => {
      send("a");
      const taker = new Taker(queue);
      send("b");
      taker.ready();
      expect(taker.texts).toEqual([]);

      await commit();

      expect(taker.texts).toEqual(["a", "b"]);
    });

    it("ignores the settling of an entry that the present consumer has not been shown", async () => {
      new Taker(queue);
      send("a");
      await commit();
      queue.detach();

      settle(0, 7, -1);

      expect([queue.count, queue.bytes]).toEqual([1, 65]);
    });
  });

  describe("settling", () => {
    it("counts an entry once however often it is settled", () => {
      new Taker(queue);
      send("a", "b");

      settle(0, 0, 0);

      expect([queue.count, queue.bytes]).toEqual([1, 65]);
    });

    it("moves the head behind what was settled, in whatever order", async () => {
      new Taker(queue);
      send("a", "b", "c", "d");
      const heads: number[] = [];

      for (const seq of [2, 0, 1, 3]) {
        settle(seq);
        heads.push(queue.record().headSeq);
      }

      expect(heads).toEqual([0, 1, 3, 4]);
    });

    it("does not move the head over messages that are only on disk", async () => {
      sendMany(600);
      await commit();
      const taker = new Taker(queue, { limit: 1 });
      taker.ready();
      await pagesArrive();

      for (let seq = 0; seq < 512; seq++) settle(seq);
      await commit();
      await restart();

      expect(queue.record().headSeq).toBe(512);
      expect(await drain(new Taker(queue))).toHaveLength(88);
    });

    it("counts a released message as one without a body until it is settled", () => {
      new Taker(queue);
      send("next");
      rig.send("twelve bytes", QoS.ExactlyOnce, queue);
      const sizes = [queue.bytes];

      for (const type of ["release", "release", "settle", "release"] as const) {
        rig.apply({ type, queue, seq: 1 });
        sizes.push(queue.bytes);
      }

      expect(sizes).toEqual([144, 132, 132, 68, 68]);
    });

    it("brings a released message back as the handshake it still owes", async () => {
      const taker = new Taker(queue);
      rig.send("a", QoS.ExactlyOnce, queue);
      await commit();
      expect(taker.texts).toEqual(["a"]);

      rig.apply({ type: "release", queue, seq: 0 });
      await commit();
      await restart();
      const after = new Taker(queue);
      after.ready();
      await pagesArrive();

      expect(after.taken.map(({ seq, message }) => [seq, message])).toEqual([[0, undefined]]);
    });
  });

  describe("room", () => {
    function limitTo(maximumMessages: number): void {
      queue.policy = { ...queue.policy, maximumMessages };
    }

    it("tells each waiting task once when there is room", () => {
      new Taker(queue);
      limitTo(2);
      send("a", "b");
      let told = 0;
      queue.whenRoom(() => told++);
      queue.whenRoom(() => told++);

      const before = told;
      settle(0, 1);

      expect([before, told]).toEqual([0, 2]);
    });

    it("tells a task at once when the queue is not full", () => {
      let told = 0;

      queue.whenRoom(() => told++);

      expect(told).toBe(1);
    });

    it("forgets a task that was taken back", () => {
      new Taker(queue);
      limitTo(1);
      send("a");
      let told = 0;
      const cancel = queue.whenRoom(() => told++);

      cancel();
      settle(0);

      expect(told).toBe(0);
    });

    it("lets a task that finds the queue full again wait once more", () => {
      new Taker(queue);
      limitTo(1);
      send("a");
      const sent: string[] = [];
      const publish = (text: string) => (): void => {
        if (queue.isFull) queue.whenRoom(publish(text));
        else {
          sent.push(text);
          send(text);
        }
      };
      queue.whenRoom(publish("b"));
      queue.whenRoom(publish("c"));

      settle(0);
      const first = [...sent];
      settle(1);

      expect(first).toEqual(["b"]);
      expect(sent).toEqual(["b", "c"]);
    });

    it("tells those who wait for a queue that is dropped", () => {
      limitTo(1);
      send("a");
      let told = 0;
      queue.whenRoom(() => told++);

      rig.apply({ type: "drop", name: "q" });

      expect(told).toBe(1);
    });
  });

  describe("what was sent", () => {
    it("remembers how far it was taken", () => {
      const taker = new Taker(queue, { limit: 2 });
      send("a", "b", "c");

      queue.detach();
      queue.attach(taker);

      expect(queue.sentEnd).toBe(2);
    });

    it("takes what it is told after a restart within its own bounds", async () => {
      new Taker(queue);
      send("a", "b", "c");
      settle(0);
      await commit();
      await restart();

      const ends = [0, 2, 99].map((seq) => {
        queue.restoreSent(seq);
        return queue.sentEnd;
      });

      expect(ends).toEqual([1, 2, 3]);
    });
  });

  it("no longer counts entries whose records are gone, once it has read to its end", async () => {
    send("a", "b", "c");
    await commit();
    const stored = [...disk.entries.values()][0];
    stored?.entries.delete(1);
    await restart();
    const taker = new Taker(queue);

    taker.ready();
    await pagesArrive();

    expect(taker.texts).toEqual(["a", "c"]);
    expect([queue.count, queue.bytes]).toEqual([2, 130]);
  });
});
