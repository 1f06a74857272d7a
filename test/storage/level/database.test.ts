import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  closeIterator,
  createDatabase,
  DATABASE_OPTIONS,
  type Database,
} from "../../../src/storage/level/database.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

const MIB = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: { type: "minor" | "major" }) => void;

describe("an iterator that is closed", () => {
  let folder: string;
  let database: Database;

  beforeEach(async () => {
    folder = await temporaryFolder();
    database = createDatabase(folder, DATABASE_OPTIONS);
    await database.open();
  });
  afterEach(async () => {
    await database.close();
    await removeFolder(folder);
  });

  it("leaves nothing of what it read in memory until a full garbage collection", async () => {
    for (let i = 0; i < 4; i++) await database.put(Buffer.of(i), Buffer.alloc(MIB, 1));
    const read = async () => {
      const iterator = database.iterator({ highWaterMarkBytes: 8 * MIB, fillCache: false });
      await iterator.nextv(4);
      await closeIterator(iterator);
      collect({ type: "minor" });
    };
    for (let i = 0; i < 10; i++) await read();
    const before = process.memoryUsage.rss();

    for (let i = 0; i < 100; i++) await read();

    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB); // of 400 that were read
  });

  it("may be closed again, and reads no more", async () => {
    const iterator = database.iterator();

    await closeIterator(iterator);

    await expect(closeIterator(iterator)).resolves.toBeUndefined();
    await expect(iterator.next()).rejects.toThrow("not open");
  });
});
