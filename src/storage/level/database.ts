import { access, chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, StorageError } from "../../base/errors.ts";
import { findFileDamage } from "./level-files.ts";
import { hasTornManifest, trimTornManifest } from "./torn-manifest.ts";

export type Database = ClassicLevel<Buffer, Buffer>;
type Iterator = ReturnType<Database["iterator"]>;
export type CreateDatabase = (location: string, options: typeof DATABASE_OPTIONS) => Database;

const MIB = 1024 * 1024;

/**
 * LevelDB holds two write buffers and the block cache: 48 MiB at most. A write buffer of 16 MiB makes files four times
 * rarer than the default, which is what queues need that are written and deleted again; more would lengthen recovery.
 * Blocks are cached for bodies and counts only: backlogs are read once, past the cache.
 */
export const DATABASE_OPTIONS = {
  keyEncoding: "buffer",
  valueEncoding: "buffer",
  writeBufferSize: 16 * MIB,
  cacheSize: 16 * MIB,
  maxFileSize: 8 * MIB,
  maxOpenFiles: 500,
} as const;

const LOCKED = "LEVEL_LOCKED";
const CORRUPTION = "LEVEL_CORRUPTION";
/** LevelDB takes the lock first, and then finds that it must not open what is there, nor make it. */
const LOCK_AND_REFUSE = { createIfMissing: false, errorIfExists: true } as const;

/** The database lies in a folder of its own inside the data folder, so that no mode of a foreign folder is changed. */
export function locationIn(folder: string): string {
  return join(folder, "store");
}

/** ClassicLevel opens itself as soon as it is made; this one waits until its files were looked at. */
class WaitingLevel extends ClassicLevel<Buffer, Buffer> {
  override open(options?: Parameters<Database["open"]>[0]): Promise<void> {
    if (options?.passive === false) return Promise.resolve(); // said by its constructor only
    return super.open({ ...options });
  }
}

export const createDatabase: CreateDatabase = (location, options) => new WaitingLevel(location, options);

/** Makes the folder, closed to other users. LevelDB names the mode of its files itself; nobody else gets to them. */
export async function makeFolder(folder: string): Promise<void> {
  const location = locationIn(folder);
  try {
    await mkdir(location, { recursive: true, mode: 0o700 });
    await chmod(location, 0o700);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/**
 * Closes an iterator, and cuts it off from what LevelDB has read for it last. abstract-level assigns a function literal
 * to a field of an iterator that is closed; V8 takes such functions for old at once, and what they refer to stays until
 * a full garbage collection: a page of a backlog each time.
 */
export async function closeIterator(iterator: Iterator): Promise<void> {
  await iterator.close();
  for (const key of Object.getOwnPropertySymbols(iterator)) Reflect.set(iterator, key, undefined);
}

/** Rejects unless there is a database to open: LevelDB would make one. */
export async function expectDatabase(folder: string): Promise<void> {
  try {
    await access(join(locationIn(folder), "CURRENT"));
  } catch (cause) {
    throw noStore(folder, cause);
  }
}

export function noStore(folder: string, cause?: unknown): StorageError {
  const text = `The data folder ${folder} holds no store: name the folder of a broker`;
  return new StorageError("STORAGE_MISSING", text, { cause });
}

/**
 * Opens the database or rejects with a StorageError that says what to do. Damaged files stay as they are, but for what
 * a loss of power tears off without loss.
 */
export async function openDatabase(database: Database, folder: string): Promise<void> {
  try {
    if (await hasTornManifest(locationIn(folder))) {
      await expectUnlocked(database, folder);
      await trimTornManifest(locationIn(folder));
    }
    const damage = await findFileDamage(locationIn(folder));
    if (damage !== undefined) throw await damageOrLock(database, folder, damage);
    await database.open();
  } catch (error) {
    throw error instanceof StorageError ? error : openingError(folder, error);
  }
}

/** Rejects with STORAGE_LOCKED when another process has the database open. Changes nothing. */
export async function expectUnlocked(database: Database, folder: string): Promise<void> {
  try {
    await database.open(LOCK_AND_REFUSE);
    await database.close();
  } catch (error) {
    if (codeOf(error) === LOCKED) throw openingError(folder, error);
  }
}

export function failed(action: string, folder: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  if (codeOf(error) === CORRUPTION) return corrupt(folder, deepest(error), error);
  return new StorageError("STORAGE_FAILED", `${action} ${folder} failed: ${deepest(error)}`, {
    cause: error,
  });
}

/** Whether LevelDB said that it cannot read its files: damaged, cut or gone. */
export function isUnreadable(error: unknown): boolean {
  const code = codeOf(error);
  return code === CORRUPTION || code === "LEVEL_IO_ERROR";
}

/** Files that another process is changing look damaged. */
async function damageOrLock(database: Database, folder: string, damage: string): Promise<StorageError> {
  await expectUnlocked(database, folder);
  return corrupt(folder, damage);
}

function corrupt(folder: string, what: string, cause?: unknown): StorageError {
  const advice = `to mend it and learn what is lost, run "causeway doctor --repair" on this folder`;
  return new StorageError("STORAGE_CORRUPT", `The store in ${folder} is damaged (${what}): ${advice}`, {
    cause,
  });
}

function openingError(folder: string, error: unknown): StorageError {
  const code = codeOf(error);
  if (code === LOCKED) {
    const advice = "stop the other broker, or give this one a data folder of its own";
    return new StorageError("STORAGE_LOCKED", `The data folder ${folder} is in use: ${advice}`, {
      cause: error,
    });
  }
  if (code === CORRUPTION) return corrupt(folder, deepest(error), error);
  return unwritable(folder, error);
}

function unwritable(folder: string, error: unknown): StorageError {
  const text = `The data folder ${folder} cannot be used: ${deepest(error)}. It must be a folder this user may write`;
  return new StorageError("STORAGE_UNWRITABLE", text, { cause: error });
}

/** classic-level wraps what LevelDB said into "Database failed to open". */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : error;
}

function codeOf(error: unknown): unknown {
  const cause = causeOf(error);
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}

/** The text of what LevelDB said: classic-level wraps it. */
export function deepest(error: unknown): string {
  return describe(causeOf(error));
}
