import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import { ByteWriter } from "../../../src/storage/level/byte-writer.ts";
import { DATABASE_OPTIONS, type Database, locationIn } from "../../../src/storage/level/database.ts";
import {
  keyOf,
  Table,
  tableRange,
  writeBodyCountKey,
  writeBodyKey,
  writeEntryKey,
  writeMetaKey,
  writeQueueKey,
  writeRetainedKey,
  writeSessionKey,
} from "../../../src/storage/level/keys.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { beginValue, endValue, writeMeta, writeQueue } from "../../../src/storage/level/records.ts";
import { checkStore, repairStore } from "../../../src/storage/level/repair.ts";
import { aSession, clientIdOf, Loaded, topicOf } from "../samples.ts";
import { FILLED, fillStore } from "./filled-store.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

const { queueA, queueB } = FILLED;
const sessionKey = keyOf((writer) => writeSessionKey(writer, aSession("a").slot, clientIdOf("a")));
const queueKeyA = keyOf((writer) => writeQueueKey(writer, queueA));
const entryKey = (seq: number): Buffer => keyOf((writer) => writeEntryKey(writer, queueA, seq));
const bodyKey = (seq: number): Buffer =>
  keyOf((writer) => writeBodyKey(writer, { slot: queueA.slot, queueId: queueA.id, seq }));
const bodyCountKey = (seq: number): Buffer =>
  keyOf((writer) => writeBodyCountKey(writer, { slot: queueA.slot, queueId: queueA.id, seq }));

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await removeFolder(folder);
});

async function change(task: (database: Database) => Promise<void>): Promise<void> {
  const database = new ClassicLevel<Buffer, Buffer>(locationIn(folder), DATABASE_OPTIONS);
  await database.open();
  await task(database);
  await database.close();
}

async function damage(database: Database, key: Buffer): Promise<void> {
  const value = Buffer.from((await database.get(key))!);
  value[value.length - 1]! ^= 1;
  await database.put(key, value);
}

function record(key: Buffer, writeFields: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter();
  writer.rest(key);
  beginValue(writer);
  writeFields(writer);
  endValue(writer);
  return writer.copy().subarray(key.length);
}

/** Opens the store as the broker does and reads both queues. */
async function contents(): Promise<{ loaded: Loaded; a: number[]; b: number[] }> {
  const store = new LevelStore({ folder, sync: false }, silentLogger);
  store.onCommitWanted = () => void store.commit();
  const loaded = new Loaded();
  await store.open(loaded);
  await store.cleared();
  const seqs = async (queue: typeof queueA): Promise<number[]> =>
    (await store.readEntries(queue, 0, 1e9, 1e6, 1e9)).map(({ seq }) => seq);
  const found = { loaded, a: await seqs(queueA), b: await seqs(queueB) };
  await store.close();
  return found;
}

/** All but LevelDB's LOG of what it did, which begins anew whenever it looks at a folder. */
async function filesIn(location: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of await readdir(location)) {
    if (name.startsWith("LOG")) continue;
    files.set(name, (await readFile(join(location, name))).toString("latin1"));
  }
  return files;
}

async function fileNames(pattern: RegExp): Promise<string[]> {
  return (await readdir(locationIn(folder)))
    .filter((name) => pattern.test(name))
    .map((name) => join(locationIn(folder), name));
}

const ALL = Array.from({ length: FILLED.entries }, (_, seq) => seq);

describe("the check of a store", () => {
  it("finds nothing in a sound one, and changes nothing", async () => {
    await fillStore(folder);
    const before = await filesIn(locationIn(folder));

    const report = await checkStore(folder);

    expect(report).toEqual({ isHealthy: true, records: 71, findings: [], lost: [], savedTo: undefined });
    expect(await filesIn(locationIn(folder))).toEqual(before);
    expect(await readdir(folder)).toEqual(["store"]);
  });

  it("passes over the entries of a deleted queue that are still to be cleared", async () => {
    await fillStore(folder);
    const store = new LevelStore({ folder, sync: true }, silentLogger);
    await store.open(new Loaded());
    store.deleteQueue(queueA);
    store.deleteSession(aSession("a").slot, clientIdOf("a"));
    store.deleteSubscription(aSession("a").slot, clientIdOf("a"), "to/a" as never);
    store.deleteReceived(aSession("a").slot, clientIdOf("a"), 7);
    await store.commit();
    await store.close();

    expect(await checkStore(folder)).toMatchObject({ isHealthy: true, findings: [] });
  });

  it("refuses a folder without a store, one in use, and another program's database", async () => {
    await expect(checkStore(folder)).rejects.toMatchObject({ code: "STORAGE_MISSING" });

    await fillStore(folder);
    const store = new LevelStore({ folder, sync: true }, silentLogger);
    await store.open(new Loaded());
    await expect(checkStore(folder)).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    await expect(repairStore(folder, silentLogger)).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    await store.close();

    await rm(locationIn(folder), { recursive: true });
    await mkdir(locationIn(folder));
    await change((database) => database.put(Buffer.from("other"), Buffer.from("program")));
    await expect(repairStore(folder, silentLogger)).rejects.toMatchObject({ code: "STORAGE_FORMAT" });
    await change(async (database) => {
      expect(await database.get(Buffer.from("other"))).toEqual(Buffer.from("program"));
    });
  });

  it("refuses a format it does not know and leaves it as it is", async () => {
    await fillStore(folder);
    const key = keyOf(writeMetaKey);
    const value = record(key, (writer) => writeMeta(writer, { formatVersion: 99, createdAt: 1 }));
    await change((database) => database.put(key, value));

    await expect(repairStore(folder, silentLogger)).rejects.toMatchObject({ code: "STORAGE_FORMAT" });
    await change(async (database) => expect(await database.get(key)).toEqual(value));
  });
});

describe("the repair of records", () => {
  it("leaves a sound store alone", async () => {
    await fillStore(folder);
    const before = await filesIn(locationIn(folder));

    const report = await repairStore(folder, silentLogger);

    expect(report).toMatchObject({ isHealthy: true, savedTo: undefined });
    expect(await filesIn(locationIn(folder))).toEqual(before);
  });

  it("removes damaged entries, recounts the queue and says how many are lost", async () => {
    await fillStore(folder);
    await change(async (database) => {
      await damage(database, entryKey(3));
      await damage(database, entryKey(4));
    });
    expect(await checkStore(folder)).toMatchObject({
      isHealthy: false,
      lost: ["queue session/a: 2 messages"],
    });

    const report = await repairStore(folder, silentLogger);

    expect(report).toMatchObject({ isHealthy: true, lost: ["queue session/a: 2 messages"] });
    expect(report.findings[0]).toMatch(/^body .*: 1 entries refer to it, 2 is counted$/);
    expect(report.findings[1]).toBe(
      "queue session/a: 2 damaged entries, it counts 20 messages, there are 18",
    );
    const { loaded, a, b } = await contents();
    expect(a).toEqual(ALL.filter((seq) => seq !== 3 && seq !== 4));
    expect(b).toEqual(ALL);
    expect(loaded.queues.find(({ id }) => id === queueA.id)?.count).toBe(18);
  });

  it("saves the damaged database beside it", async () => {
    await fillStore(folder);
    await change((database) => damage(database, entryKey(3)));
    const clock = { now: () => Date.UTC(2026, 10, 21, 15, 4, 5), after: () => () => {} };

    const { savedTo } = await repairStore(folder, silentLogger, clock);

    expect(savedTo).toBe(join(folder, "store.damaged-20261121T150405Z"));
    const saved = new ClassicLevel<Buffer, Buffer>(savedTo!, DATABASE_OPTIONS);
    await saved.open();
    expect(await saved.get(entryKey(3))).toBeDefined();
    await saved.close();
  });

  it("gives a session back its queue when only the queue's record was damaged", async () => {
    await fillStore(folder);
    await change((database) => damage(database, queueKeyA));

    const report = await repairStore(folder, silentLogger);

    expect(report).toMatchObject({ isHealthy: true, lost: [] });
    const { loaded, a } = await contents();
    expect(a).toEqual(ALL);
    expect(loaded.queues.find(({ id }) => id === queueA.id)).toEqual({ ...queueA, createdAt: 5 });
  });

  it("removes what belonged to a damaged session, and keeps the bodies others share", async () => {
    await fillStore(folder);
    await change((database) => damage(database, sessionKey));

    const report = await repairStore(folder, silentLogger);

    expect(report.isHealthy).toBe(true);
    expect(report.lost).toEqual(["session a", "session a with 20 messages"]);
    expect(report.findings).toContain("subscription of a to to/a: there is no such session");
    const { loaded, a, b } = await contents();
    expect([loaded.sessions.length, loaded.subscriptions.length, loaded.receivedIds.length]).toEqual([
      1, 1, 1,
    ]);
    expect([a, b]).toEqual([[], ALL]);
    expect(await checkStore(folder)).toMatchObject({ isHealthy: true });
  });

  it("removes entries whose body is gone, and bodies without entries", async () => {
    await fillStore(folder);
    await change(async (database) => {
      await database.del(bodyKey(2));
      for (const queue of [queueA, queueB])
        await database.del(keyOf((writer) => writeEntryKey(writer, queue, 6)));
      await damage(database, bodyKey(8));
      await damage(database, bodyCountKey(10));
    });

    const report = await repairStore(folder, silentLogger);

    expect(report.isHealthy).toBe(true);
    expect(report.lost).toEqual(["queue session/a: 3 messages", "queue session/b: 3 messages"]);
    const { a, b } = await contents();
    expect(a).toEqual(ALL.filter((seq) => ![2, 6, 8].includes(seq)));
    expect(b).toEqual(a);
  });

  it("corrects a queue's count, size and next place, and removes what lies before its head", async () => {
    await fillStore(folder);
    const wrong = { ...queueA, headSeq: 5, nextSeq: 12, count: 3, bytes: 1 };
    await change((database) =>
      database.put(
        queueKeyA,
        record(queueKeyA, (writer) => writeQueue(writer, wrong)),
      ),
    );

    const report = await repairStore(folder, silentLogger);

    expect(report).toMatchObject({ isHealthy: true, lost: [] });
    const { loaded, a } = await contents();
    expect(a).toEqual(ALL.slice(5));
    expect(loaded.queues.find(({ id }) => id === queueA.id)).toMatchObject({
      headSeq: 5,
      nextSeq: 20,
      count: 15,
    });
  });

  it("clears entries of a queue that nobody knows", async () => {
    await fillStore(folder);
    const group = { ...queueA, slot: 9, id: 77, name: "share/g" };
    await change(async (database) => {
      const key = keyOf((writer) => writeEntryKey(writer, group, 1));
      await database.put(
        key,
        record(key, (writer) => writer.u16(0x0100)),
      );
    });

    const report = await repairStore(folder, silentLogger);

    expect(report).toMatchObject({ isHealthy: true, lost: ["queue 77, whose name is lost: 1 messages"] });
    const { loaded } = await contents();
    expect(loaded.usedQueueIds).toContain(77);
    expect((await contents()).loaded.usedQueueIds).not.toContain(77);
  });

  it("names retained messages and definitions that are lost, and removes what is no record", async () => {
    await fillStore(folder);
    await change(async (database) => {
      await damage(
        database,
        keyOf((writer) => writeRetainedKey(writer, topicOf("plant/1/state"))),
      );
      for (let slot = 0; slot < 48; slot++) {
        for (const key of await database.keys(tableRange(slot, Table.Definition)).all())
          await damage(database, key);
      }
      await database.put(Buffer.of(200, 1, 2), Buffer.from("?"));
    });

    const report = await repairStore(folder, silentLogger);

    expect(report.isHealthy).toBe(true);
    expect([...report.lost].sort()).toEqual(["definition exchange/x", "retained message of plant/1/state"]);
    expect((await contents()).loaded.corruptions).toEqual([]);
  });

  it("writes the record with the format version again", async () => {
    await fillStore(folder);
    await change((database) => database.del(keyOf(writeMetaKey)));
    await expect(contents()).rejects.toMatchObject({ code: "STORAGE_FORMAT" });

    const report = await repairStore(folder, silentLogger);

    expect(report).toMatchObject({ isHealthy: true, lost: [] });
    expect((await contents()).a).toEqual(ALL);
  });
});

describe("damaged files of LevelDB", () => {
  /** Seen only when the table is read. */
  const NONSENSE = "a table is full of nonsense";
  const damages: [string, () => Promise<void>][] = [
    ["CURRENT is missing", () => rm(join(locationIn(folder), "CURRENT"))],
    ["CURRENT is empty", () => truncate(join(locationIn(folder), "CURRENT"))],
    ["the MANIFEST is missing", async () => rm((await fileNames(/^MANIFEST/))[0]!)],
    ["the MANIFEST is empty", async () => truncate((await fileNames(/^MANIFEST/))[0]!)],
    ["the MANIFEST is cut", async () => truncate((await fileNames(/^MANIFEST/))[0]!, 40)],
    ["the log is missing", async () => rm((await fileNames(/\.log$/)).at(-1)!)],
    ["a table is missing", async () => rm((await fileNames(/\.ldb$/))[0]!)],
    ["a table is cut", async () => cutInHalf((await fileNames(/\.ldb$/))[0]!)],
    ["a table is empty", async () => truncate((await fileNames(/\.ldb$/))[0]!)],
    [NONSENSE, async () => scribble((await fileNames(/\.ldb$/))[0]!)],
  ];

  async function cutInHalf(file: string): Promise<void> {
    await truncate(file, (await stat(file)).size >> 1);
  }
  async function scribble(file: string): Promise<void> {
    const bytes = await readFile(file);
    await writeFile(
      file,
      bytes.map((byte, i) => (i < bytes.length - 48 && i % 3 === 0 ? byte ^ 0x5a : byte)),
    );
  }
  /** Opened and closed once more, so that there are tables as well as a log. */
  async function fillTwice(): Promise<void> {
    await fillStore(folder);
    await fillStore(folder);
    await contents();
  }

  it.each(damages)("end the start with STORAGE_CORRUPT and what to do: %s", async (name, breakIt) => {
    await fillTwice();
    await breakIt();
    const before = await filesIn(locationIn(folder));

    const opened = contents();

    await expect(opened).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
    await expect(opened).rejects.toThrow(new RegExp(`${folder}.*causeway doctor --repair`));
    const isLeft =
      name === NONSENSE ? [...before.keys()].filter((name) => name.endsWith(".ldb")) : before.keys();
    expect([...(await filesIn(locationIn(folder))).keys()]).toEqual(expect.arrayContaining([...isLeft]));
  });

  it.each(damages)("are repaired as far as can be, and saved before: %s", async (name, breakIt) => {
    await fillTwice();
    await breakIt();
    expect(await checkStore(folder)).toMatchObject({ isHealthy: false });

    const report = await repairStore(folder, silentLogger);

    expect(report.isHealthy).toBe(true);
    expect(report.findings.length).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual(["store", expect.stringMatching(/^store\.damaged-/)]);
    const { loaded, a, b } = await contents();
    expect(loaded.corruptions).toEqual([]);
    if (/CURRENT|MANIFEST/.test(name)) expect([a, b]).toEqual([ALL, ALL]);
  });
});
