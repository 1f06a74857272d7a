import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import { QoS } from "../../src/base/qos.ts";
import { LocalJournal } from "../../src/state/local-journal.ts";
import type { Queue } from "../../src/state/queue.ts";
import type { QueueEntry } from "../../src/state/records.ts";
import type { CommitResult } from "../../src/state/store.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { FakeClock } from "../bridges/support/fake-clock.ts";
import { inconsistencies, openRig, pagesArrive, publishTo, Rig, Taker } from "./rig.ts";

/** Commits when it is told to, and fails as often as it is told to. */
class SlowStore extends MemoryStore {
  override readonly isOnDisk = true;
  failures = 0;
  isHeld = false;
  commits = 0;
  isClosed = false;
  failedReads = 0;
  #release: (() => void) | undefined;

  override async commit(): Promise<CommitResult> {
    if (this.isClosed) throw new Error("a commit after close");
    this.commits++;
    if (this.failures > 0) {
      this.failures--;
      throw new Error("No space left on device");
    }
    const written = super.commit();
    if (this.isHeld) {
      await new Promise<void>((resolve) => {
        this.#release = resolve;
      });
    }
    return written;
  }

  override readEntries(...range: Parameters<MemoryStore["readEntries"]>): Promise<QueueEntry[]> {
    if (this.failedReads-- > 0) return Promise.reject(new Error("Input/output error"));
    return super.readEntries(...range);
  }

  release(): void {
    this.#release?.();
  }
}

describe("local journal", () => {
  let disk: MemoryDisk;
  let store: SlowStore;
  let rig: Rig<SlowStore>;
  let clock: FakeClock;
  let journal: LocalJournal;
  let queue: Queue;
  let told: number[];
  let observed: CommitResult[];
  let failedCommits: number;
  const waiter = { committed: (token: number): void => void told.push(token) };

  function append(token: number, text = `m${token}`): void {
    journal.append(publishTo(text, QoS.AtLeastOnce, [queue]), waiter, token);
  }
  /** Lets the journal's turn and all that follows from it happen. */
  async function turns(): Promise<void> {
    for (let i = 0; i < 4; i++) await pagesArrive();
  }
  async function countAfterCrash(): Promise<number> {
    return (await openRig(disk)).queue("q").count;
  }

  beforeEach(async () => {
    disk = new MemoryDisk();
    store = new SlowStore(disk);
    rig = new Rig(store);
    clock = new FakeClock();
    told = [];
    observed = [];
    failedCommits = 0;
    journal = new LocalJournal({
      machine: rig.machine,
      store,
      clock,
      logger: silentLogger,
      observeCommit: (result) => observed.push(result),
      commitFailed: () => failedCommits++,
    });
    queue = rig.declare("q");
    await rig.commit();
    store.commits = 0;
  });

  it("writes what one turn changed in one commit, and tells the waiters in order", async () => {
    append(1);
    append(2);
    append(3);
    const before = [...told];

    await turns();

    expect(before).toEqual([]);
    expect(told).toEqual([1, 2, 3]);
    expect(store.commits).toBe(1);
    expect(observed).toHaveLength(1);
  });

  it("has a page that could not be read read again a second later, although nothing is written", async () => {
    append(1);
    await turns();
    store.failedReads = 2;
    const taker = new Taker(queue);
    taker.ready();
    await turns();
    const before = [...taker.texts];

    await clock.advance(3_000);
    await turns();

    expect(before).toEqual([]);
    expect(taker.texts).toEqual(["m1"]);
    expect(store.commits).toBe(1);
  });

  describe("when a write takes its time", () => {
    /** One write that took long enough to wait as long for acknowledgements. */
    async function writeSlowly(): Promise<void> {
      store.isHeld = true;
      append(0);
      for (let i = 0; i < 10; i++) await turns();
      store.isHeld = false;
      store.release();
      await turns();
    }
    function appendMany(): void {
      for (let i = 1; i <= 32; i++) append(i);
    }

    it("keeps a batch open while subscribers have not acknowledged what is in it", async () => {
      new Taker(queue).ready();
      await writeSlowly();
      appendMany();
      await turns();
      const whileOpen = told.length;

      while (told.length < 33) {
        await clock.advance(1); // how long it stays open is measured, and not by this clock
        await turns();
      }

      expect(whileOpen).toBe(1);
    });

    it("writes nothing of what was acknowledged while the batch was open", async () => {
      const taker = new Taker(queue);
      await writeSlowly();
      journal.append({ type: "settle", queue, seq: 0 });
      await turns();
      const before = observed.length;
      appendMany();
      await turns();
      for (const seq of taker.seqs) journal.append({ type: "settle", queue, seq });

      await clock.advance(1);
      await turns();

      expect(told).toHaveLength(33);
      expect(observed.slice(before)).toMatchObject([{ operations: 1 }]); // the queue's record
    });

    it("writes at once what the consumer gets only when it is on disk", async () => {
      new Taker(queue, { committedOnly: true }).ready();
      await writeSlowly();
      appendMany();

      await turns();

      expect(told).toHaveLength(33);
    });

    it("writes at once what its subscriber left unacknowledged", async () => {
      new Taker(queue).ready();
      await writeSlowly();
      appendMany();
      queue.detach();

      await turns();

      expect(told).toHaveLength(33);
    });

    it("writes at once for who waits until all is written", async () => {
      new Taker(queue).ready();
      await writeSlowly();
      appendMany();

      await journal.drain();

      expect(told).toHaveLength(33);
    });

    it("keeps a batch open no longer when somebody waits until all is written", async () => {
      new Taker(queue).ready();
      await writeSlowly();
      appendMany();
      await turns();
      const whileOpen = told.length;

      await journal.drain();

      expect([whileOpen, told.length]).toEqual([1, 33]);
    });

    it("writes at once what nobody is there for", async () => {
      await writeSlowly();
      appendMany();

      await turns();

      expect(told).toHaveLength(33);
    });
  });

  it("tells nobody before the commit that holds the change has ended", async () => {
    store.isHeld = true;
    append(1);
    await turns();
    append(2);
    await turns();
    const whileWriting = [...told];

    store.release();
    await turns();
    const afterFirst = [...told];
    store.release();
    await turns();

    expect([whileWriting, afterFirst, told]).toEqual([[], [1], [1, 2]]);
    expect(store.commits).toBe(2);
  });

  it("takes what waiters append into the next commit", async () => {
    const chain = {
      committed(token: number): void {
        told.push(token);
        if (token < 5) journal.append(publishTo("next", QoS.AtLeastOnce, [queue]), chain, token + 1);
      },
    };

    journal.append(publishTo("first", QoS.AtLeastOnce, [queue]), chain, 1);
    await journal.drain();

    expect(told).toEqual([1, 2, 3, 4, 5]);
    expect(await countAfterCrash()).toBe(5);
  });

  it("writes changes that nobody waits for", async () => {
    journal.append(publishTo("m", QoS.AtLeastOnce, [queue]));
    journal.append({ type: "declare", name: "another", at: 1 });

    await journal.drain();

    expect((await openRig(disk)).machine.queue("another")).toBeDefined();
  });

  it("tells a waiter whose operation changed nothing", async () => {
    journal.append({ type: "settle", queue, seq: 99 }, waiter, 7);

    await turns();

    expect(told).toEqual([7]);
  });

  it("writes when the store asks for it", async () => {
    rig.store.putRetained(publishTo("m", QoS.AtLeastOnce, []).message);
    store.onCommitWanted?.();

    await turns();

    expect(store.commits).toBe(1);
  });

  describe("while the store fails", () => {
    it("acknowledges nothing, says why, and tries again with growing pauses", async () => {
      store.failures = 100;
      append(1);
      await turns();
      const attempts: number[] = [store.commits];

      for (const ms of [99, 1, 199, 1, 400]) {
        await clock.advance(ms);
        attempts.push(store.commits);
      }

      expect(attempts).toEqual([1, 1, 2, 2, 3, 4]);
      expect(told).toEqual([]);
      expect(journal.failure).toContain("No space left on device");
      expect(failedCommits).toBe(4);
    });

    it("never pauses for more than five seconds", async () => {
      store.failures = 100;
      append(1);
      await turns();
      await clock.advance(60_000);
      const before = store.commits;

      await clock.advance(5_000);

      expect(store.commits).toBe(before + 1);
    });

    it("goes on by itself when the store works again, and begins again with a short pause", async () => {
      store.failures = 3;
      append(1);
      await turns();
      await clock.advance(10_000);
      const firstEnd = [[...told], journal.failure];

      store.failures = 1;
      append(2);
      await turns();
      await clock.advance(100);

      expect(firstEnd).toEqual([[1], undefined]);
      expect(told).toEqual([1, 2]);
      expect(journal.failure).toBeUndefined();
    });

    it("writes what came meanwhile together with the records of its queues", async () => {
      store.failures = 1;
      append(1);
      await turns();
      append(2);
      journal.append({ type: "declare", name: "late", at: 1 });

      store.isHeld = true;
      await clock.advance(100);

      expect(inconsistencies(disk)).toEqual([]);
      expect(await countAfterCrash()).toBe(2);
      expect(told).toEqual([]);
      for (let i = 0; i < 2; i++) {
        store.release();
        await turns();
      }
      expect(told).toEqual([1, 2]);
    });

    it("holds back QoS 2 messages until they are on disk", async () => {
      const taker = new Taker(queue);
      store.failures = 1;
      journal.append(publishTo("once", QoS.ExactlyOnce, [queue]));
      await turns();
      const before = taker.texts;

      await clock.advance(100);

      expect(before).toEqual([]);
      expect(taker.texts).toEqual(["once"]);
    });
  });

  describe("back-pressure", () => {
    const LARGE = "x".repeat(33 * 1024 * 1024);

    it("is behind while much waits to be written, and says when it has caught up", async () => {
      let caughtUp = 0;
      append(1, LARGE);
      journal.whenCaughtUp(() => caughtUp++);
      const before = [journal.isBehind, caughtUp];

      await turns();

      expect(before).toEqual([true, 0]);
      expect([journal.isBehind, caughtUp]).toEqual([false, 1]);
    });

    it("stays behind while the store fails", async () => {
      let caughtUp = 0;
      store.failures = 1;
      append(1, LARGE);
      journal.whenCaughtUp(() => caughtUp++);
      await turns();
      const whileFailing = [journal.isBehind, caughtUp];

      await clock.advance(100);

      expect(whileFailing).toEqual([true, 0]);
      expect(caughtUp).toBe(1);
    });

    it("runs a task at once when it is not behind", () => {
      let caughtUp = 0;

      journal.whenCaughtUp(() => caughtUp++);

      expect(caughtUp).toBe(1);
    });
  });

  describe("ending", () => {
    it("has drained when nothing was appended", async () => {
      await journal.drain();

      expect(store.commits).toBe(0);
    });

    it("has drained when all that was appended is on disk", async () => {
      append(1);
      store.isHeld = true;
      let isDrained = false;
      const drained = journal.drain().then(() => {
        isDrained = true;
      });
      await turns();
      const before = isDrained;

      store.release();
      await drained;

      expect(before).toBe(false);
      expect(told).toEqual([1]);
    });

    it("tells nobody after close, and gives up waiting", async () => {
      store.isHeld = true;
      append(1);
      await turns();
      const drained = journal.drain();

      journal.close();
      await drained;
      store.release();
      await turns();
      await journal.drain();

      expect(told).toEqual([]);
    });

    it("does not touch the store after close, however the last commit ended", async () => {
      store.failures = 1;
      append(1);
      await turns();

      journal.close();
      store.isClosed = true;
      await clock.advance(60_000);
      append(2);
      await turns();

      expect(store.commits).toBe(1);
      expect(failedCommits).toBe(1);
    });
  });
});
