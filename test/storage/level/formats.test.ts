import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.ts";
import type { Message } from "../../../src/base/message.ts";
import type { QueueEntry, QueueRecord } from "../../../src/state/records.ts";
import { ByteWriter } from "../../../src/storage/level/byte-writer.ts";
import { DATABASE_OPTIONS, locationIn } from "../../../src/storage/level/database.ts";
import { keyOf, Table, tableRange, writeMetaKey } from "../../../src/storage/level/keys.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import {
  beginValue,
  endValue,
  FORMAT_VERSION,
  readMeta,
  writeMeta,
} from "../../../src/storage/level/records.ts";
import { checkStore } from "../../../src/storage/level/repair.ts";
import { Loaded } from "../samples.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

/** A message as content.json has it. */
interface WrittenMessage {
  readonly payload: { readonly text: string; readonly times?: number };
  readonly properties: { readonly correlationData: string } | null;
  readonly envelope?: { readonly header: string };
}

interface WrittenEntry {
  readonly seq: number;
  readonly message: WrittenMessage | null;
  readonly delivery: QueueEntry["delivery"];
  readonly body: object | null;
  readonly deliveryCount?: number;
}

/** What the fixture's writer was told to write. */
interface Content {
  readonly sessions: readonly { readonly will: { readonly message: WrittenMessage } | null }[];
  readonly subscriptions: readonly object[];
  readonly received: readonly object[];
  readonly retained: readonly WrittenMessage[];
  readonly definitions?: Readonly<Record<string, string>>;
  readonly queues: readonly {
    readonly record: Partial<QueueRecord>;
    readonly entries: readonly WrittenEntry[];
  }[];
  readonly deletedQueue: { readonly record: { readonly id: number } };
}

function messageOf({ payload, properties, envelope, ...rest }: WrittenMessage): Message {
  return {
    ...rest,
    payload: Buffer.from(payload.text.repeat(payload.times ?? 1)),
    properties:
      properties === null ? undefined : { ...properties, correlationData: hex(properties.correlationData) },
    envelope: envelope && { ...envelope, header: hex(envelope.header) },
  } as Message;
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

/** In one order, whatever it was. */
function inOrder(items: readonly object[]): object[] {
  const name = (item: object): string => JSON.stringify(Object.entries(item).sort());
  return [...items].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

describe.each([1, 2])("a folder of format %i, as its broker left it", (format) => {
  const fixture = fileURLToPath(new URL(`./fixtures/format-${format}`, import.meta.url));
  let folder: string;
  let content: Content;

  beforeEach(async () => {
    folder = await temporaryFolder();
    await cp(join(fixture, "store"), locationIn(folder), { recursive: true });
    content = JSON.parse(await readFile(join(fixture, "content.json"), "utf8")) as Content;
  });
  afterEach(async () => {
    await removeFolder(folder);
  });

  async function open(loaded = new Loaded()): Promise<LevelStore> {
    const store = new LevelStore({ folder, sync: false }, silentLogger);
    store.onCommitWanted = () => void store.commit();
    await store.open(loaded);
    return store;
  }
  async function raw<T>(task: (database: ClassicLevel<Buffer, Buffer>) => Promise<T>): Promise<T> {
    const database = new ClassicLevel<Buffer, Buffer>(locationIn(folder), DATABASE_OPTIONS);
    await database.open();
    const result = await task(database);
    await database.close();
    return result;
  }

  it("is read: sessions, subscriptions, received ids, retained messages and definitions", async () => {
    const loaded = new Loaded();

    const store = await open(loaded);
    await store.close();

    const sessions = content.sessions.map(({ will, ...session }) => ({
      ...session,
      will: will === null ? undefined : { ...will, message: messageOf(will.message) },
    }));
    expect(inOrder(loaded.sessions)).toEqual(inOrder(sessions));
    expect(inOrder(loaded.subscriptions)).toEqual(inOrder(content.subscriptions));
    expect(inOrder(loaded.receivedIds)).toEqual(inOrder(content.received));
    expect(inOrder(loaded.retainedMessages)).toEqual(inOrder(content.retained.map(messageOf)));
    const definitions = Object.entries(content.definitions ?? {}).map(([name, value]) => [name, hex(value)]);
    expect([...loaded.definitions].sort()).toEqual(definitions.sort());
    expect(loaded.corruptions).toEqual([]);
  });

  it("is read: queues with their entries, large messages once for all that refer to them", async () => {
    const loaded = new Loaded();
    const store = await open(loaded);

    const records = content.queues.map(({ record }) => ({ sentEnd: 0, ...record }));
    expect(inOrder(loaded.queues)).toEqual(inOrder(records));
    const bodies = new Set<unknown>();
    for (const { record, entries } of content.queues) {
      const found = await store.readEntries(record as QueueRecord, 0, 2 ** 50, 1000, 1e6);
      expect(
        found.map(({ seq, message, delivery, deliveryCount }) => ({ seq, message, delivery, deliveryCount })),
      ).toEqual(
        entries.map(({ seq, message, delivery, deliveryCount = 0 }) => ({
          seq,
          message: message === null ? undefined : messageOf(message),
          delivery,
          deliveryCount,
        })),
      );
      for (const { body } of found) if (body !== undefined) bodies.add(body);
    }
    expect([...bodies]).toEqual([expect.objectContaining({ references: 2 })]);
    await store.close();
  });

  it("loses what is left of its deleted queue, and its id is not given again", async () => {
    const loaded = new Loaded();
    const store = await open(loaded);
    await store.cleared();
    await store.close();

    expect(loaded.usedQueueIds).toEqual([content.deletedQueue.record.id]);
    const left = await raw(async (database) => {
      const keys: Buffer[] = [];
      for (let slot = 0; slot < 48; slot++)
        keys.push(...(await database.keys(tableRange(slot, Table.Entry)).all()));
      return keys.length;
    });
    expect(left).toBe(content.queues.reduce((sum, { entries }) => sum + entries.length, 0));
  });

  it("is found sound by the check, and is of today's format once it was opened", async () => {
    expect(await checkStore(folder)).toMatchObject({ isHealthy: true, findings: [] });
    expect(await raw(async (database) => readMeta((await database.get(keyOf(writeMetaKey)))!))).toMatchObject(
      {
        formatVersion: format,
      },
    );

    await (await open()).close();

    expect(await raw(async (database) => readMeta((await database.get(keyOf(writeMetaKey)))!))).toEqual({
      formatVersion: FORMAT_VERSION,
      createdAt: 1_700_000_000_000,
    });
    expect(await checkStore(folder)).toMatchObject({ isHealthy: true });
  });

  it("is refused, and left as it is, when its meta record says a format that nobody knows", async () => {
    const key = keyOf(writeMetaKey);
    const writer = new ByteWriter();
    writer.rest(key);
    beginValue(writer);
    writeMeta(writer, { formatVersion: FORMAT_VERSION + 1, createdAt: 1 });
    endValue(writer);
    const value = writer.copy().subarray(key.length);
    await raw((database) => database.put(key, value));

    const opened = open();

    await expect(opened).rejects.toMatchObject({ code: "STORAGE_FORMAT" });
    await expect(opened).rejects.toThrow(
      /storage format 3.*reads formats 1 to 2: run the version of the broker that wrote it/,
    );
    expect(await raw((database) => database.get(key))).toEqual(value);
  });
});
