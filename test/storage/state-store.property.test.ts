import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import type { QueueEntry, QueueRecord, SharedBody } from "../../src/state/records.ts";
import { EntryState } from "../../src/state/records.ts";
import type { StateStore } from "../../src/state/store.ts";
import { LevelStore } from "../../src/storage/level/level-store.ts";
import { MemoryDisk } from "../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { FaultyDisk } from "./level/faulty-disk.ts";
import { removeFolder, temporaryFolder } from "./level/temporary-folder.ts";
import { aBody, aMessage, anEntry, aQueue, aSession, clientIdOf, Loaded, topicOf } from "./samples.ts";

const QUEUES = 3;
const NAMES = ["a", "ab", "é"];

type Step = Change | Write;

/** Takes no time: also done while a write is under way. */
type Change =
  | {
      readonly do: "publish";
      readonly receivers: readonly number[];
      readonly isShared: boolean;
      readonly isHeld: boolean;
    }
  | { readonly do: "acknowledge" | "release"; readonly queue: number; readonly at: number }
  | { readonly do: "deleteQueue"; readonly queue: number }
  | { readonly do: "session" | "endSession" | "retain" | "clearRetained"; readonly name: string };

type Write =
  | { readonly do: "commit" | "failingCommit" | "crash" }
  | {
      readonly do: "busyCommit";
      readonly fails: "never" | "before" | "after";
      readonly changes: readonly Change[];
    };

const queueNumber = fc.nat({ max: QUEUES - 1 });
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      receivers: fc.uniqueArray(queueNumber, { minLength: 1 }),
      isShared: fc.boolean(),
      isHeld: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("acknowledge" as const, "release" as const),
      queue: queueNumber,
      at: fc.nat({ max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("deleteQueue" as const), queue: queueNumber }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "session" as const,
        "endSession" as const,
        "retain" as const,
        "clearRetained" as const,
      ),
      name: fc.constantFrom(...NAMES),
    }),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 15, arbitrary: change },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("commit" as const, "failingCommit" as const, "crash" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("busyCommit" as const),
      fails: fc.constantFrom("never" as const, "before" as const, "after" as const),
      changes: fc.array(change, { minLength: 1, maxLength: 10 }),
    }),
  },
);

/** What should be there: plain data, copied at each commit. */
interface World {
  readonly queues: Map<number, Map<number, string>>;
  readonly sessions: Map<string, number>;
  readonly retained: Map<string, number>;
}

function copyOf(world: World): World {
  return structuredClone(world);
}

/** Drives a store and a model side by side and compares them after every commit and every crash. */
class Run {
  readonly #make: () => StateStore;
  readonly #disk: FaultyDisk;
  #store: StateStore;
  #now: World = { queues: new Map(), sessions: new Map(), retained: new Map() };
  #committed: World = copyOf(this.#now);
  #entries = new Map<number, QueueEntry[]>();
  #records: QueueRecord[] = [];
  #nextId = 1;
  #seq = 0;

  constructor(make: () => StateStore, disk: FaultyDisk) {
    this.#make = make;
    this.#disk = disk;
    this.#store = make();
  }

  async start(): Promise<void> {
    this.#commitWhenWanted();
    await this.#store.open(new Loaded());
    for (let i = 0; i < QUEUES; i++) this.#newQueue(i);
    await this.#commit();
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case "commit":
        return this.#commit();
      case "failingCommit":
        return this.#failingCommit();
      case "busyCommit":
        return this.#busyCommit(next.fails, next.changes);
      case "crash":
        return this.#crash();
      default:
        return this.#change(next);
    }
  }

  async end(): Promise<void> {
    await this.#commit();
    await this.#crash();
    await this.#store.close();
  }

  #change(next: Change): void {
    switch (next.do) {
      case "publish":
        this.#publish(next);
        break;
      case "acknowledge":
      case "release":
        this.#settle(next.queue, next.at, next.do);
        break;
      case "deleteQueue":
        this.#store.deleteQueue(this.#record(next.queue));
        this.#now.queues.delete(this.#record(next.queue).id);
        this.#newQueue(next.queue);
        break;
      case "session":
        this.#now.sessions.set(next.name, ++this.#seq);
        this.#store.putSession(aSession(next.name, { sentEnd: this.#seq }));
        break;
      case "endSession":
        this.#now.sessions.delete(next.name);
        this.#store.deleteSession(aSession(next.name).slot, clientIdOf(next.name));
        break;
      case "retain":
        this.#now.retained.set(next.name, ++this.#seq);
        this.#store.putRetained(aMessage({ topicName: next.name, receivedAt: this.#seq }));
        break;
      case "clearRetained":
        this.#now.retained.delete(next.name);
        this.#store.deleteRetained(topicOf(next.name));
        break;
    }
  }

  #newQueue(i: number): void {
    const record = aQueue({ slot: i, id: this.#nextId++, name: `queue ${i}` });
    this.#records[i] = record;
    this.#entries.set(record.id, []);
    this.#now.queues.set(record.id, new Map());
    this.#store.putQueue(record);
  }

  #publish({ receivers, isShared, isHeld }: Extract<Change, { do: "publish" }>): void {
    const seq = ++this.#seq;
    const text = `message ${seq}`;
    const message = aMessage({ payload: Buffer.from(text) });
    const body: SharedBody | undefined = isShared ? aBody(this.#record(receivers[0]!), seq) : undefined;
    for (const receiver of receivers) {
      const record = this.#record(receiver);
      const entry = anEntry(seq, { message, body });
      if (isHeld) this.#store.putEntry(record, entry);
      else this.#store.appendEntry(record, entry);
      this.#entries.get(record.id)?.push(entry);
      this.#now.queues.get(record.id)?.set(seq, text);
    }
  }

  #settle(queue: number, at: number, how: "acknowledge" | "release"): void {
    const record = this.#record(queue);
    const entries = this.#entries.get(record.id) ?? [];
    const entry = entries[at % Math.max(1, entries.length)];
    if (entry === undefined) return;
    if (how === "acknowledge") {
      this.#store.deleteEntry(record, entry);
      entries.splice(entries.indexOf(entry), 1);
      this.#now.queues.get(record.id)?.delete(entry.seq);
    } else if (entry.message !== undefined) {
      this.#store.releaseEntry(record, entry);
      this.#now.queues.get(record.id)?.set(entry.seq, "released");
    }
  }

  async #commit(): Promise<void> {
    const wanted = copyOf(this.#now);
    await this.#store.commit();
    this.#committed = wanted;
    await this.#compare();
  }

  async #failingCommit(): Promise<void> {
    this.#disk.failWrites = "before";
    await this.#store.commit().catch(() => {});
    this.#disk.failWrites = "never";
    // An adapter that cannot fail has committed; one that failed keeps the batch.
    if (!this.#store.isDirty) this.#committed = copyOf(this.#now);
  }

  /** Changes arrive while the batch is on its way to disk; the next commit must bring all of them there. */
  async #busyCommit(fails: "never" | "before" | "after", changes: readonly Change[]): Promise<void> {
    this.#disk.failWrites = fails;
    const committed = this.#store.commit().catch(() => {});
    for (const next of changes) this.#change(next);
    await committed;
    this.#disk.failWrites = "never";
    await this.#commit();
  }

  async #crash(): Promise<void> {
    await this.#store.close();
    this.#store = this.#make();
    this.#commitWhenWanted();
    const loaded = new Loaded();
    await this.#store.open(loaded);
    this.#now = copyOf(this.#committed);
    expect(loaded.corruptions).toEqual([]);
    expect(new Map(loaded.sessions.map((s) => [s.clientId as string, s.sentEnd]))).toEqual(
      this.#now.sessions,
    );
    expect(new Map(loaded.retainedMessages.map((m) => [m.topicName as string, m.receivedAt]))).toEqual(
      this.#now.retained,
    );
    expect(loaded.queues.map(({ id }) => id).sort()).toEqual([...this.#now.queues.keys()].sort());
    this.#records = [];
    for (const record of loaded.queues) this.#records[record.slot] = record;
    await this.#readAll();
    await this.#compare();
  }

  #commitWhenWanted(): void {
    const store = this.#store;
    store.onCommitWanted = () => void store.commit().catch(() => {});
  }

  async #readAll(): Promise<void> {
    this.#entries = new Map();
    for (const record of this.#records) {
      this.#entries.set(record.id, await this.#store.readEntries(record, 0, 1e9, 1e6, 1e9));
    }
  }

  /** What is stored equals the model, and every body counts the entries that hold it. */
  async #compare(): Promise<void> {
    const held = new Map<SharedBody, number>();
    for (const record of this.#records) {
      const stored = await this.#store.readEntries(record, 0, 1e9, 1e6, 1e9);
      expect(new Map(stored.map((entry) => [entry.seq, textOf(entry)]))).toEqual(
        this.#committed.queues.get(record.id),
      );
      for (const { body } of stored) {
        if (body !== undefined) held.set(body, (held.get(body) ?? 0) + 1);
      }
      expect(stored.every((entry) => entry.stored === EntryState.Written)).toBe(true);
    }
    await (this.#store as Partial<LevelStore>).cleared?.();
    for (const [body, count] of held) expect(body.references).toBe(count);
  }

  #record(i: number): QueueRecord {
    return this.#records[i]!;
  }
}

function textOf(entry: QueueEntry): string {
  return entry.message?.payload.toString() ?? "released";
}

describe("a store and a model of it agree after any operations, commits, failures and crashes", () => {
  async function play(steps: readonly Step[], make: () => StateStore, disk: FaultyDisk): Promise<void> {
    const run = new Run(make, disk);
    await run.start();
    for (const next of steps) await run.take(next);
    await run.end();
  }

  it("in memory", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const disk = new MemoryDisk();
        await play(steps, () => new MemoryStore(disk), new FaultyDisk());
      }),
      { numRuns: 300 },
    );
  });

  it("on LevelDB", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const folder = await temporaryFolder();
        const disk = new FaultyDisk();
        const createDatabase = disk.create;
        await play(steps, () => new LevelStore({ folder, sync: false, createDatabase }, silentLogger), disk);
        await removeFolder(folder);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
