import { access, chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, StorageError } from "../../base/errors.ts";

export type Database = ClassicLevel<Buffer, Buffer>;
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

/** The database lies in a folder of its own inside the data folder, so that no mode of a foreign folder is changed. */
export function locationIn(folder: string): string {
  return join(folder, "store");
}

export const createDatabase: CreateDatabase = (location, options) => new ClassicLevel(location, options);

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

/** Rejects unless there is a database to open: LevelDB would make one. */
export async function expectDatabase(folder: string): Promise<void> {
  try {
    await access(join(locationIn(folder), "CURRENT"));
  } catch (cause) {
    const text = `The data folder ${folder} holds no store: name the folder of a broker`;
    throw new StorageError("STORAGE_MISSING", text, { cause });
  }
}

/** Opens the database or rejects with a StorageError that says what to do. */
export async function openDatabase(database: Database, folder: string): Promise<void> {
  try {
    await database.open();
  } catch (error) {
    throw openingError(folder, error);
  }
}

export function failed(action: string, folder: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  return new StorageError("STORAGE_FAILED", `${action} ${folder} failed: ${deepest(error)}`, {
    cause: error,
  });
}

function openingError(folder: string, error: unknown): StorageError {
  const code = codeOf(error);
  if (code === "LEVEL_LOCKED") {
    const advice = "stop the other broker, or give this one a data folder of its own";
    return new StorageError("STORAGE_LOCKED", `The data folder ${folder} is in use: ${advice}`, {
      cause: error,
    });
  }
  if (code === "LEVEL_CORRUPTION") return failed("Reading the damaged database in", folder, error);
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

function deepest(error: unknown): string {
  return describe(causeOf(error));
}
