import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { DATABASE_OPTIONS, locationIn } from "../../../src/storage/level/database.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { anEntry, aQueue, Loaded } from "../samples.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

describe("a store opened for reading only", () => {
  const queue = aQueue();
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  async function writeStore(): Promise<void> {
    const store = new LevelStore({ folder, sync: false }, silentLogger);
    await store.open(new Loaded());
    store.putQueue({ ...queue, nextSeq: 2, count: 1 });
    store.putEntry(queue, anEntry(1));
    await store.commit();
    store.deleteQueue(queue); // leaves entries to be cleared
    await store.commit();
    await store.close();
  }

  async function everything(): Promise<[Buffer, Buffer][]> {
    const database = new ClassicLevel<Buffer, Buffer>(locationIn(folder), DATABASE_OPTIONS);
    const all = await database.iterator().all();
    await database.close();
    return all;
  }

  it("leaves every record as it is, those of deleted queues too", async () => {
    await writeStore();
    const before = await everything();

    const store = new LevelStore({ folder, sync: false, isReadOnly: true }, silentLogger);
    await store.open(new Loaded());
    await store.cleared();
    await store.close();

    expect(before.length).toBeGreaterThan(1);
    expect(await everything()).toEqual(before);
  });

  it("is refused where there is none, and nothing is made", async () => {
    const store = new LevelStore(
      { folder: join(folder, "nothing"), sync: false, isReadOnly: true },
      silentLogger,
    );

    await expect(store.open(new Loaded())).rejects.toMatchObject({ code: "STORAGE_MISSING" });

    expect(await readdir(folder)).toEqual([]);
  });
});
