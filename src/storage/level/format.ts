import { StorageError } from "../../base/errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Database } from "./database.ts";
import { keyOf, writeMetaKey } from "./keys.ts";
import {
  beginValue,
  endValue,
  FORMAT_VERSION,
  OLDEST_READABLE_VERSION,
  openValue,
  readMeta,
  writeMeta,
} from "./records.ts";
import { scan } from "./scan.ts";

/** Refuses a database of another program or of a newer broker; marks a new or an older one as ours of today. */
export async function claimFormat(database: Database, folder: string, now: number): Promise<void> {
  const key = keyOf(writeMetaKey);
  const value = await database.get(key);
  if (value === undefined) {
    if (!(await isEmpty(database))) throw foreign(folder);
    await database.put(key, metaValue(now), { sync: true });
    return;
  }
  const meta = readMeta(value);
  if (meta === undefined) throw foreign(folder);
  const { formatVersion, createdAt } = meta;
  refuseUnreadable(formatVersion, folder);
  if (formatVersion === FORMAT_VERSION) return;
  await database.put(key, metaValue(createdAt), { sync: true }); // before anything older brokers could not read
}

/** Of a database that was mended: ours, whatever became of the record that says so. */
export async function renewFormat(database: Database, folder: string, now: number): Promise<void> {
  const key = keyOf(writeMetaKey);
  const value = await database.get(key);
  if (value !== undefined && readMeta(value) !== undefined) return claimFormat(database, folder, now);
  await database.put(key, metaValue(now), { sync: true });
}

/**
 * Refuses another format and the database of another program, which has no record of ours. Returns false when only the
 * record that says so is missing.
 */
export async function checkOwner(database: Database, folder: string): Promise<boolean> {
  const value = await database.get(keyOf(writeMetaKey));
  if (value !== undefined && readMeta(value) !== undefined) {
    await checkFormat(database, folder);
    return true;
  }
  for await (const chunk of scan(database, {})) {
    if (chunk.some(([key, record]) => isOurs(key, record))) return false;
  }
  if (await isEmpty(database)) return false;
  throw foreign(folder);
}

/** Refuses what cannot be read, and writes nothing. */
export async function checkFormat(database: Database, folder: string): Promise<void> {
  const value = await database.get(keyOf(writeMetaKey));
  const meta = value && readMeta(value);
  if (meta === undefined) throw foreign(folder);
  refuseUnreadable(meta.formatVersion, folder);
}

function refuseUnreadable(formatVersion: number, folder: string): void {
  if (formatVersion < OLDEST_READABLE_VERSION || formatVersion > FORMAT_VERSION) {
    throw otherVersion(folder, formatVersion);
  }
}

function isOurs(key: Buffer, value: Buffer): boolean {
  try {
    openValue(key, value);
    return true;
  } catch {
    return false; // damaged, or not ours
  }
}

async function isEmpty(database: Database): Promise<boolean> {
  const [first] = await database.keys({ limit: 1 }).all();
  return first === undefined;
}

function metaValue(createdAt: number): Buffer {
  const writer = new ByteWriter();
  writeMetaKey(writer);
  const keyLength = writer.length;
  beginValue(writer);
  writeMeta(writer, { formatVersion: FORMAT_VERSION, createdAt });
  endValue(writer);
  return writer.copy().subarray(keyLength);
}

function foreign(folder: string): StorageError {
  const text =
    `The data folder ${folder} holds a database of another program: choose a folder of its own. ` +
    'If it is a broker\'s, the record that says so is damaged: run "causeway doctor --repair" on it';
  return new StorageError("STORAGE_FORMAT", text);
}

function otherVersion(folder: string, found: number): StorageError {
  const text = `The data folder ${folder} has storage format ${found}, this broker reads formats ${OLDEST_READABLE_VERSION} to ${FORMAT_VERSION}`;
  return new StorageError("STORAGE_FORMAT", `${text}: run the version of the broker that wrote it`);
}
