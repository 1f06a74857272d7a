import { beforeEach, describe, expect, it } from "vitest";
import { QoS } from "../../src/base/qos.ts";
import { QueueBudget } from "../../src/base/queue-budget.ts";
import type { Queue } from "../../src/state/queue.ts";
import type { QueueLoss, QueuePolicy } from "../../src/state/queue-overflow.ts";
import { QueueTrimmer } from "../../src/state/queue-trimmer.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { aMessage } from "../storage/samples.ts";
import { inconsistencies, openRig, pagesArrive, publishTo, type Rig, Taker } from "./rig.ts";

const ENTRY_BYTES = 65;

describe("queue at its limit", () => {
  let disk: MemoryDisk;
  let clock: FakeClock;
  let rig: Rig;
  let queue: Queue;
  let reads: number;
  let lost: string[];

  function policy(over: Partial<QueuePolicy> = {}): QueuePolicy {
    return {
      maximumMessages: 3,
      maximumBytes: Number.POSITIVE_INFINITY,
      whenFull: "dropOldest",
      missed: (message, reason: QueueLoss) => lost.push(`${message.payload} ${reason}`),
      ...over,
    };
  }
  function send(...texts: string[]): void {
    for (const text of texts) rig.send(text, QoS.AtLeastOnce, queue);
  }
  function sendExpiring(text: string, expiresAt: number): void {
    const message = aMessage({ payload: Buffer.from(text), qos: 1, expiresAt });
    rig.apply({ ...publishTo(text, QoS.AtLeastOnce, [queue]), message });
  }
  /** Commits and lets the trimmer work until nothing moves. */
  async function settle(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      await rig.commit();
      for (let turn = 0; turn < 6; turn++) await pagesArrive();
    }
  }
  async function open(): Promise<void> {
    rig = await openRig(disk);
    queue = rig.declare("q");
    queue.policy = policy();
    const store = {
      readEntries: (...range: Parameters<typeof rig.store.readEntries>) => {
        reads++;
        return rig.store.readEntries(...range);
      },
    };
    const trimmer = new QueueTrimmer({ store, clock, append: (operation) => rig.apply(operation) });
    rig.machine.onCrowded = (crowded) => trimmer.request(crowded);
  }
  async function left(): Promise<string[]> {
    const taker = new Taker(queue);
    taker.ready();
    for (let turn = 0; turn < 6; turn++) await pagesArrive();
    return taker.texts;
  }

  beforeEach(async () => {
    disk = new MemoryDisk();
    clock = new FakeClock();
    reads = 0;
    lost = [];
    await open();
  });

  describe("whose oldest give way", () => {
    it("drops the oldest that waits in memory at once, and reads nothing", () => {
      const taker = new Taker(queue, { limit: 0 });

      send("1", "2", "3", "4", "5");
      taker.limit = 9;
      taker.ready();

      expect(lost).toEqual(["1 displaced", "2 displaced"]);
      expect(taker.texts).toEqual(["3", "4", "5"]);
      expect([queue.count, queue.bytes, reads]).toEqual([3, 3 * ENTRY_BYTES, 0]);
    });

    it("removes from disk what nobody has in memory, as soon as it is there", async () => {
      send("1", "2", "3", "4", "5");
      const before = queue.count;

      await settle();

      expect(before).toBe(5);
      expect(lost).toEqual(["1 displaced", "2 displaced"]);
      expect([queue.count, queue.bytes]).toEqual([3, 3 * ENTRY_BYTES]);
      expect(inconsistencies(disk)).toEqual([]);
      expect(queue.record().headSeq).toBe(2);
      expect(await left()).toEqual(["3", "4", "5"]);
    });

    it("counts what went, by reason, and makes nothing for a queue that lost nothing", async () => {
      const other = rig.declare("other");
      send("1", "2", "3", "4", "5");

      await settle();

      expect([...(queue.dropped ?? [])]).toEqual([["displaced", 2]]);
      expect(other.dropped).toBeUndefined();
    });

    it("keeps what was handed out, however old, and takes nothing new while that fills it", async () => {
      const taker = new Taker(queue);
      send("1", "2", "3");
      const isFull = queue.isFull;
      queue.detach();
      rig.apply({ type: "settle", queue, seq: 0 });

      await settle();

      expect(isFull).toBe(true);
      expect(taker.texts).toEqual(["1", "2", "3"]);
      expect(await left()).toEqual(["1", "2", "3"]);
    });

    it("keeps its limit in bytes, but never gives up its newest message", async () => {
      queue.policy = policy({ maximumMessages: 100, maximumBytes: 3 * ENTRY_BYTES });
      send("1", "2", "3", "4");
      await settle();
      const small = queue.count;

      send("a message that is larger than all the queue may hold".repeat(10));
      await settle();

      expect(small).toBe(3);
      expect(queue.count).toBe(1);
      expect(queue.isFull).toBe(false);
    });

    it("shows a consumer that comes while the oldest are removed none of them", async () => {
      send("1", "2", "3");
      await settle();
      const entries = await rig.store.readEntries(queue, 0, 3, 9, 9_999);
      const taker = new Taker(queue, { limit: 0 });
      queue.take(); // its page is being read
      send("4", "5");

      rig.apply({ type: "displace", queue, entries, at: 0 });
      taker.limit = 9;
      taker.ready();
      for (let turn = 0; turn < 6; turn++) await pagesArrive();
      const beforeCommit = taker.texts;
      await settle();

      expect(beforeCommit).toEqual([]);
      expect(taker.texts).toEqual(["3", "4", "5"]);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("leaves alone what a consumer took between the reading and the removing", async () => {
      send("1", "2", "3");
      await settle();
      const entries = await rig.store.readEntries(queue, 0, 3, 9, 9_999);
      const taker = new Taker(queue, { limit: 1 });
      taker.ready();
      await pagesArrive();
      queue.detach();
      send("4");

      rig.apply({ type: "displace", queue, entries, at: 0 });
      await settle();

      expect(taker.texts).toEqual(["1"]);
      expect(await left()).toEqual(["1", "3", "4"]);
    });

    it("goes on after a restart, behind what may have been handed out", async () => {
      send("1", "2", "3", "4", "5");
      await settle();

      await open();
      queue.restoreSent(3);
      send("6", "7");
      await settle();

      expect(await left()).toEqual(["3", "6", "7"]);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("takes no more than twice its limit and a little while the store does not answer", () => {
      queue.policy = policy({ maximumMessages: 10 });

      while (!queue.isFull) send("x");

      expect(queue.count).toBe(2 * 10 + 1024);
    });
  });

  describe("whose newest is left out", () => {
    beforeEach(() => {
      queue.policy = policy({ whenFull: "dropNewest", removesExpired: true });
    });

    function miss(text: string): void {
      queue.missed(aMessage({ payload: Buffer.from(text) }));
    }

    it("gives up what has expired at its head when it has to turn a message away", async () => {
      sendExpiring("1", clock.now() - 1);
      sendExpiring("2", clock.now());
      sendExpiring("3", clock.now() + 60_000);
      await settle();

      miss("4");
      await settle();

      expect(lost).toEqual(["4 queue_full", "1 expired", "2 expired"]);
      expect([queue.count, queue.isFull]).toEqual([1, false]);
      expect(inconsistencies(disk)).toEqual([]);
    });

    it("looks once only while nothing at its head can have expired", async () => {
      sendExpiring("1", clock.now() + 60_000);
      send("2", "3");
      await settle();

      for (let i = 0; i < 5; i++) {
        miss("4");
        await settle();
      }
      const readsBefore = reads;
      await clock.advance(60_000);
      miss("4");
      await settle();

      expect(readsBefore).toBe(1);
      expect(lost.slice(-1)).toEqual(["1 expired"]);
    });
  });

  describe("of all queues together", () => {
    function budgetOf(maximumMessages: number): QueueBudget {
      return new QueueBudget({ maximumMessages, maximumBytes: Number.POSITIVE_INFINITY });
    }

    it("is known at once: what queues hold counts, and no more when they are dropped or leave it", () => {
      const budget = budgetOf(10);
      send("1", "2");
      const other = rig.declare("other");
      rig.send("3", QoS.AtLeastOnce, other);

      queue.policy = policy({ budget });
      other.policy = policy({ budget });
      const both = [budget.messages, budget.bytes];
      rig.apply({ type: "drop", name: "other" });
      const one = budget.messages;
      queue.policy = policy();

      expect(both).toEqual([3, 3 * ENTRY_BYTES]);
      expect([one, budget.messages, budget.bytes]).toEqual([2, 0, 0]);
    });

    it("makes every queue full when it is spent", () => {
      const budget = budgetOf(2);
      queue.policy = policy({ maximumMessages: 100, whenFull: "dropNewest", budget });
      const other = rig.declare("other");
      other.policy = queue.policy;

      send("1", "2");
      other.missed(aMessage({ payload: Buffer.from("3") }));

      expect([queue.isFull, other.isFull]).toEqual([true, true]);
      expect(lost).toEqual(["3 budget_full"]);
    });

    it("has each queue pay for its new messages with its own oldest ones", async () => {
      const budget = budgetOf(4);
      queue.policy = policy({ maximumMessages: 100, budget });
      const other = rig.declare("other");
      other.policy = queue.policy;
      send("1", "2");
      rig.send("a", QoS.AtLeastOnce, other);
      rig.send("b", QoS.AtLeastOnce, other);
      await settle();

      send("3");
      rig.send("c", QoS.AtLeastOnce, other);
      await settle();

      expect(lost.sort()).toEqual(["1 displaced", "a displaced"]);
      expect([queue.count, other.count, budget.messages]).toEqual([2, 2, 4]);
    });
  });
});
