import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { DATABASE_OPTIONS, locationIn } from "../../../src/storage/level/database.ts";
import { keyOf, Table, tableRange, writeMetaKey } from "../../../src/storage/level/keys.ts";
import { LevelStore, type LevelStoreOptions } from "../../../src/storage/level/level-store.ts";
import { openValue, readClearing } from "../../../src/storage/level/records.ts";
import { stateStoreSuite } from "../../contract/state-store.suite.ts";
import { aBody, aMessage, anEntry, aQueue, aSession, Loaded } from "../samples.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

stateStoreSuite("LevelStore", async () => {
  const folder = await temporaryFolder();
  return {
    make: () => new LevelStore({ folder, sync: false }, silentLogger),
    kill: (store) => store.close(),
    destroy: () => removeFolder(folder),
  };
});

describe("LevelStore", () => {
  const queue = aQueue({ slot: 3, id: 7 });
  let folder: string;
  let stores: LevelStore[];

  beforeEach(async () => {
    folder = await temporaryFolder();
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await removeFolder(folder);
  });

  function makeStore(options: Partial<LevelStoreOptions> = {}): LevelStore {
    const store = new LevelStore({ folder, sync: true, ...options }, silentLogger);
    store.onCommitWanted = () => void store.commit();
    stores.push(store);
    return store;
  }
  async function openStore(loaded = new Loaded(), options: Partial<LevelStoreOptions> = {}) {
    const store = makeStore(options);
    await store.open(loaded);
    return store;
  }
  async function rawDatabase(): Promise<ClassicLevel<Buffer, Buffer>> {
    const database = new ClassicLevel<Buffer, Buffer>(locationIn(folder), DATABASE_OPTIONS);
    await database.open();
    return database;
  }
  /** Keys of one table, as the database has them. */
  async function keysOf(table: Table): Promise<Buffer[]> {
    const database = await rawDatabase();
    const keys: Buffer[] = [];
    for (let slot = 0; slot < 48; slot++) keys.push(...(await database.keys(tableRange(slot, table)).all()));
    await database.close();
    return keys;
  }
  async function seqs(store: LevelStore): Promise<number[]> {
    return (await store.readEntries(queue, 0, 1e9, 1e6, 1e9)).map(({ seq }) => seq);
  }

  describe("a folder", () => {
    it("is made, and closed to other users", async () => {
      await openStore(new Loaded(), { folder: join(folder, "deep", "data") });
      expect((await stat(join(folder, "deep", "data"))).mode & 0o777).toBe(0o700);
      expect((await stat(locationIn(join(folder, "deep", "data")))).mode & 0o777).toBe(0o700);
    });

    it("that is in use is refused with the folder's name and what to do", async () => {
      await openStore();
      const opened = makeStore().open(new Loaded());
      await expect(opened).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
      await expect(opened).rejects.toThrow(new RegExp(`${folder}.*stop the other broker`));
    });

    it("that is a file is refused", async () => {
      await writeFile(join(folder, "file"), "");
      const opened = makeStore({ folder: join(folder, "file") }).open(new Loaded());
      await expect(opened).rejects.toMatchObject({ code: "STORAGE_UNWRITABLE" });
    });

    it("with a database of another program is refused and left alone", async () => {
      await mkdir(locationIn(folder));
      const foreign = await rawDatabase();
      await foreign.put(Buffer.from("retained:a"), Buffer.from("1"));
      await foreign.close();
      await expect(makeStore().open(new Loaded())).rejects.toMatchObject({ code: "STORAGE_FORMAT" });
      const again = await rawDatabase();
      expect(await again.keys().all()).toEqual([Buffer.from("retained:a")]);
      await again.close();
    });

    it("written by a newer broker is refused with both versions", async () => {
      await (await openStore()).close();
      const database = await rawDatabase();
      const key = keyOf(writeMetaKey);
      const value = await database.get(key);
      value?.writeUInt16BE(3, 10);
      await database.put(key, value!);
      await database.close();
      const opened = makeStore().open(new Loaded());
      await expect(opened).rejects.toMatchObject({ code: "STORAGE_FORMAT" });
      await expect(opened).rejects.toThrow(/format 3.*reads formats 1 to 2/);
    });
  });

  describe("a damaged record", () => {
    async function damage(table: Table): Promise<void> {
      const [key] = await keysOf(table);
      const database = await rawDatabase();
      const value = await database.get(key!);
      value![value!.length - 6] = value![value!.length - 6]! ^ 0x40;
      await database.put(key!, value!);
      await database.close();
    }

    it("is skipped and reported while the others load", async () => {
      const store = await openStore();
      store.putSession(aSession("a", { slot: 1 }));
      store.putSession(aSession("b", { slot: 2 }));
      store.putRetained(aMessage());
      await store.commit();
      await store.close();
      await damage(Table.Session);
      const loaded = new Loaded();
      await openStore(loaded);
      expect(loaded.sessions.map(({ clientId }) => clientId)).toEqual(["b"]);
      expect(loaded.retainedMessages).toHaveLength(1);
      expect(loaded.corruptions).toEqual([expect.stringMatching(/^Session record 01.*check failed/)]);
    });

    it.each([Table.Entry, Table.Body])("of table %i is skipped when its queue is read", async (table) => {
      const store = await openStore();
      const message = aMessage();
      store.putEntry(queue, anEntry(1, { message, body: aBody(queue, 1) }));
      store.putEntry(queue, anEntry(2));
      await store.commit();
      await store.close();
      await damage(table);
      const loaded = new Loaded();
      expect(await seqs(await openStore(loaded))).toEqual([2]);
      expect(loaded.corruptions).toHaveLength(1);
    });

    it.each([Table.Entry, Table.Body])(
      "of table %i that was skipped takes no space any more",
      async (table) => {
        const store = await openStore();
        store.putEntry(queue, anEntry(1, { message: aMessage(), body: aBody(queue, 1) }));
        store.putEntry(queue, anEntry(2));
        await store.commit();
        await store.close();
        await damage(table);
        const second = await openStore();
        await seqs(second);
        await second.commit();
        await second.close();
        expect(await keysOf(Table.Entry)).toHaveLength(1);
        expect(await keysOf(Table.Body)).toHaveLength(table === Table.Body ? 0 : 1); // a damaged entry names no body
      },
    );

    it("is left where it is in a store that is only read", async () => {
      const store = await openStore();
      store.putEntry(queue, anEntry(1));
      await store.commit();
      await store.close();
      await damage(Table.Entry);
      const reading = await openStore(new Loaded(), { isReadOnly: true });
      expect(await seqs(reading)).toEqual([]);
      expect(reading.isDirty).toBe(false);
      await reading.close();
      expect(await keysOf(Table.Entry)).toHaveLength(1);
    });

    it("of a retained message copied to another topic is not taken for that topic's", async () => {
      const store = await openStore();
      store.putRetained(aMessage({ topicName: "a", retain: true }));
      store.putRetained(aMessage({ topicName: "b", retain: true }));
      await store.commit();
      await store.close();
      const [first, second] = await keysOf(Table.Retained);
      const database = await rawDatabase();
      await database.put(second!, (await database.get(first!))!);
      await database.close();
      const loaded = new Loaded();
      await openStore(loaded);
      expect(loaded.retainedMessages).toHaveLength(1);
      expect(loaded.corruptions).toHaveLength(1);
    });
  });

  describe("shared bodies", () => {
    const message = aMessage({ payload: Buffer.alloc(3000, 1) });
    const other = aQueue({ slot: 9, id: 8, name: "session/b" });

    it("leave the disk with their last entry", async () => {
      const store = await openStore();
      const body = aBody(queue, 1);
      const [first, second] = [anEntry(1, { message, body }), anEntry(1, { message, body })];
      store.putEntry(queue, first);
      store.putEntry(other, second);
      await store.commit();
      store.deleteEntry(queue, first);
      await store.commit();
      store.deleteEntry(other, second);
      await store.commit();
      await store.close();
      expect(await keysOf(Table.Body)).toEqual([]);
      expect(await keysOf(Table.BodyCount)).toEqual([]);
    });

    it("never reach the disk when all their entries were taken out", async () => {
      const store = await openStore();
      const entry = anEntry(1, { message, body: aBody(queue, 1) });
      store.putEntry(queue, entry);
      store.deleteEntry(queue, entry);
      store.putQueue(queue);
      await store.commit();
      await store.close();
      expect(await keysOf(Table.Body)).toEqual([]);
    });

    it("lose the references of a queue that is deleted", async () => {
      const store = await openStore();
      for (let seq = 1; seq <= 3; seq++) {
        const body = aBody(queue, seq);
        store.putEntry(queue, anEntry(seq, { message, body }));
        if (seq > 1) store.putEntry(other, anEntry(seq, { message, body }));
      }
      store.putQueue(queue);
      await store.commit();
      await store.close();

      const second = await openStore();
      second.deleteQueue(queue);
      await second.commit();
      await second.cleared();
      const left = await second.readEntries(other, 0, 100, 100, 1e6);
      expect(left.map(({ seq, body }) => [seq, body?.references])).toEqual([
        [2, 1],
        [3, 1],
      ]);
      await second.close();
      expect(await keysOf(Table.Body)).toHaveLength(2);
    });
  });

  describe("clearing", () => {
    it("gives back the entries of a deleted queue in several steps", async () => {
      const store = await openStore();
      for (let seq = 0; seq < 2000; seq++) store.putEntry(queue, anEntry(seq));
      store.putQueue(queue);
      await store.commit();
      store.deleteQueue(queue);
      await store.commit();
      await store.cleared();
      await store.close();
      expect(await keysOf(Table.Entry)).toEqual([]);
      expect(await keysOf(Table.Clearing)).toEqual([]);
    });

    it("goes on after a restart", async () => {
      const store = await openStore();
      for (let seq = 0; seq < 2000; seq++) store.putEntry(queue, anEntry(seq));
      await store.commit();
      store.deleteQueue(queue);
      await store.commit();
      await store.close();
      expect((await keysOf(Table.Entry)).length).toBeGreaterThan(0);
      const second = await openStore();
      await second.cleared();
      await second.close();
      expect(await keysOf(Table.Entry)).toEqual([]);
    });
  });

  describe("the mark of a deleted queue", () => {
    async function marks(): Promise<number[]> {
      const [key] = await keysOf(Table.Clearing);
      const database = await rawDatabase();
      const value = await database.get(key!);
      await database.close();
      return [readClearing(openValue(key!, value!))];
    }

    it("says where clearing begins: at the head, then behind what is gone", async () => {
      const store = await openStore();
      for (let seq = 1000; seq < 3000; seq++) store.putEntry(queue, anEntry(seq));
      await store.commit();
      store.deleteQueue(queue, 1000);
      store.onCommitWanted = undefined;
      await store.commit();
      await store.close();
      expect(await marks()).toEqual([1000]);

      const second = await openStore();
      second.onCommitWanted = undefined;
      while (!second.isDirty) await new Promise((resolve) => setImmediate(resolve));
      await second.commit();
      await second.close();
      expect(await marks()).toEqual([1512]);
      expect(await keysOf(Table.Entry)).toHaveLength(2000 - 512);
    });
  });

  describe("a failing disk", () => {
    async function openFaulty(): Promise<[LevelStore, FaultyDisk]> {
      const disk = new FaultyDisk();
      return [await openStore(new Loaded(), { createDatabase: disk.create }), disk];
    }

    it.each(["before", "after"] as const)(
      "rejects the commit and loses nothing when it fails %s the write",
      async (when) => {
        const [store, disk] = await openFaulty();
        const body = aBody(queue, 1);
        const message = aMessage({ payload: Buffer.alloc(100) });
        const [first, second] = [anEntry(1, { message, body }), anEntry(2, { message, body })];
        store.putEntry(queue, first);
        store.putEntry(queue, second);
        store.putSession(aSession("a", { sentEnd: 1 }));
        disk.failWrites = when;
        const committed = store.commit();
        store.deleteEntry(queue, first);
        store.putEntry(queue, anEntry(3));
        await expect(committed).rejects.toMatchObject({ code: "STORAGE_FAILED" });
        expect(store.isDirty).toBe(true);
        expect(store.openBytes).toBeGreaterThan(0);

        store.putSession(aSession("a", { sentEnd: 3 }));
        await expect(store.commit()).rejects.toMatchObject({ code: "STORAGE_FAILED" });

        disk.failWrites = "never";
        await store.commit();
        expect(store.isDirty).toBe(false);
        await store.close();
        const loaded = new Loaded();
        const reopened = await openStore(loaded);
        expect(await seqs(reopened)).toEqual([2, 3]);
        expect((await reopened.readEntries(queue, 2, 3, 1, 1))[0]?.body?.references).toBe(1);
        expect(loaded.sessions.map(({ sentEnd }) => sentEnd)).toEqual([3]);
      },
    );

    it("is opened again before the next write", async () => {
      const [store, disk] = await openFaulty();
      store.putQueue(queue);
      disk.failWrites = "before";
      await expect(store.commit()).rejects.toThrow(folder);
      const opened = disk.timesOpened;
      disk.failWrites = "never";
      await store.commit();
      expect(disk.timesOpened).toBe(opened + 1);
    });

    it("that cannot be opened again keeps the batch", async () => {
      const [store, disk] = await openFaulty();
      store.putQueue(queue);
      disk.failWrites = "before";
      await expect(store.commit()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
      disk.failOpen = true;
      await expect(store.commit()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
      await expect(store.readEntries(queue, 0, 1, 1, 1)).rejects.toMatchObject({ code: "STORAGE_FAILED" });
      disk.failOpen = false;
      disk.failWrites = "never";
      expect((await store.commit()).operations).toBe(1);
    });

    it("does not count an entry twice that was written although the write failed, and its queue is deleted", async () => {
      const [store, disk] = await openFaulty();
      const other = aQueue({ slot: 9, id: 8 });
      const message = aMessage({ payload: Buffer.alloc(100) });
      const body = aBody(queue, 1);
      store.putEntry(queue, anEntry(1, { message, body }));
      store.putEntry(other, anEntry(1, { message, body }));
      disk.failWrites = "after";
      await expect(store.commit()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
      disk.failWrites = "never";
      store.deleteQueue(queue);
      await store.commit();
      await store.cleared();
      await store.close();
      const [left] = await (await openStore()).readEntries(other, 0, 9, 9, 1e6);
      expect(left?.message?.payload).toEqual(message.payload);
      expect(left?.body?.references).toBe(1);
    });
  });
});
