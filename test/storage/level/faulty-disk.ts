import { type CreateDatabase, createDatabase, type Database } from "../../../src/storage/level/database.ts";

type Batch = ReturnType<Database["batch"]>;
interface OpenOptions {
  readonly passive?: boolean;
}

/** Makes databases whose writes and openings fail when told to, as on a full disk. */
export class FaultyDisk {
  /** "after": the bytes were written, and then the error came. */
  failWrites: "never" | "before" | "after" = "never";
  failOpen = false;
  timesOpened = 0;

  readonly create: CreateDatabase = (location, options) => {
    const database = createDatabase(location, options);
    const open = database.open.bind(database);
    const batch: () => Batch = database.batch.bind(database);
    return Object.assign(database, {
      open: (options?: OpenOptions) => this.#open(() => open({ ...options }), options),
      batch: () => this.#batch(batch()),
    });
  };

  async #open(open: () => Promise<void>, options?: OpenOptions): Promise<void> {
    if (options?.passive === false) return; // said by its constructor only
    if (this.failOpen) throw new Error("No space left on device");
    this.timesOpened++;
    await open();
  }

  #batch(batch: Batch): Batch {
    const write: (options: { sync?: boolean }) => Promise<void> = batch.write.bind(batch);
    return Object.assign(batch, {
      write: async (options: { sync?: boolean }) => {
        if (this.failWrites === "before") throw new Error("No space left on device");
        await write(options);
        if (this.failWrites === "after") throw new Error("Input/output error");
      },
    });
  }
}
