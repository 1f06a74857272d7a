import { StorageError } from "../../base/errors.ts";
import { silentLogger } from "../../base/logger.ts";
import { LevelStore } from "../../storage/level/level-store.ts";

/** A store on the folder that changes nothing in it. Say so to whoever finds it in use with `explainLock`. */
export function readOnlyStore(folder: string): LevelStore {
  return new LevelStore({ folder, sync: false, isReadOnly: true }, silentLogger);
}

/** Runs `task` and says, when the folder is in use, what can be done about that here. */
export async function explainLock<Result>(
  folder: string,
  advice: string,
  task: () => Promise<Result>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof StorageError && error.code === "STORAGE_LOCKED")) throw error;
    throw new StorageError("STORAGE_LOCKED", `The data folder ${folder} is in use by a broker: ${advice}`, {
      cause: error,
    });
  }
}
