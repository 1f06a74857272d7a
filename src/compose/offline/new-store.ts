import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, StorageError } from "../../base/errors.ts";
import { silentLogger } from "../../base/logger.ts";
import type { StateLoader, StateStore } from "../../state/store.ts";
import { locationIn } from "../../storage/level/database.ts";
import { LevelStore } from "../../storage/level/level-store.ts";

/** Where a store is filled before it takes its place. */
const DRAFT = "importing";

/**
 * Has `fill` write a new store, which takes the place of the folder's empty one when all went well. Until then the
 * folder is locked against brokers and other imports, and its store stays empty: what fails can be done again.
 */
export async function fillNewStore<Result>(
  folder: string,
  fill: (store: StateStore) => Promise<Result>,
): Promise<Result> {
  const current = new LevelStore({ folder, sync: true }, silentLogger);
  await openEmpty(current, folder);
  const draftFolder = join(folder, DRAFT);
  try {
    await rm(draftFolder, { recursive: true, force: true }); // of an import that was killed
    const result = await writeDraft(draftFolder, fill);
    await current.close();
    await replaceStore(folder, draftFolder);
    return result;
  } catch (error) {
    await current.close();
    await rm(draftFolder, { recursive: true, force: true });
    throw error;
  }
}

async function writeDraft<Result>(
  folder: string,
  fill: (store: StateStore) => Promise<Result>,
): Promise<Result> {
  const draft = new LevelStore({ folder, sync: true }, silentLogger);
  await draft.open(ignoreAll());
  try {
    return await fill(draft);
  } finally {
    await draft.close();
  }
}

async function replaceStore(folder: string, draftFolder: string): Promise<void> {
  try {
    await rm(locationIn(folder), { recursive: true });
    await rename(locationIn(draftFolder), locationIn(folder));
    await rm(draftFolder, { recursive: true, force: true });
  } catch (cause) {
    const text = `The data folder ${folder} cannot be used: ${describe(cause)}`;
    throw new StorageError("STORAGE_UNWRITABLE", text, { cause });
  }
}

async function openEmpty(store: LevelStore, folder: string): Promise<void> {
  let isEmpty = true;
  const found = (): void => {
    isEmpty = false;
  };
  await store.open({
    queue: found,
    session: found,
    subscription: found,
    received: found,
    retained: found,
    definition: found,
    usedQueueId: found,
    corrupt: found,
  });
  if (isEmpty) return;
  await store.close();
  const text = `The data folder ${folder} is not empty: import into a new folder, and start a broker on that`;
  throw new StorageError("STORAGE_NOT_EMPTY", text);
}

function ignoreAll(): StateLoader {
  const ignore = (): void => {};
  return {
    queue: ignore,
    session: ignore,
    subscription: ignore,
    received: ignore,
    retained: ignore,
    definition: ignore,
    usedQueueId: ignore,
    corrupt: ignore,
  };
}
