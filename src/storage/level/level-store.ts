import { type Clock, systemClock } from "../../base/clock.ts";
import { StorageError } from "../../base/errors.ts";
import type { TopicName } from "../../base/ids.ts";
import type { Logger } from "../../base/logger.ts";
import type { Message } from "../../base/message.ts";
import { EntryState, type QueueEntry, type QueueRef } from "../../state/records.ts";
import type { CommitResult, StateLoader, StateStore } from "../../state/store.ts";
import { BatchedStore } from "../batched-store.ts";
import { OpenBatch } from "../open-batch.ts";
import { BatchWriter } from "./batch-writer.ts";
import { BodyIndex } from "./body-index.ts";
import { Compactor } from "./compactor.ts";
import {
  type CreateDatabase,
  createDatabase,
  DATABASE_OPTIONS,
  type Database,
  expectDatabase,
  failed,
  locationIn,
  makeFolder,
  openDatabase,
} from "./database.ts";
import { EntryReader, type FoundEntry } from "./entry-reader.ts";
import { checkFormat, claimFormat } from "./format.ts";
import { loadClearing, loadTables } from "./loader.ts";
import { findLogDamage } from "./log-damage.ts";
import { QueueClearing } from "./queue-clearing.ts";
import { RetainedReader } from "./retained-reader.ts";

export interface LevelStoreOptions {
  /** The data folder; the database gets a folder of its own in it. */
  readonly folder: string;
  /** True = a commit resolves after fsync, and survives power loss; false = it survives the end of the process. */
  readonly sync: boolean;
  readonly clock?: Clock;
  /** The folder must hold a store, and stays as it is: for looking into it. LevelDB itself may tidy its files. */
  readonly isReadOnly?: boolean;
  /** For tests that let writes fail. */
  readonly createDatabase?: CreateDatabase;
}

interface Closed {
  readonly batch: OpenBatch;
  readonly writer: BatchWriter;
}

/** The store of `durability: disk` and `os`: one classic-level database, written in group commits. */
export class LevelStore extends BatchedStore implements StateStore {
  readonly #options: LevelStoreOptions;
  readonly #database: Database;
  readonly #bodies = new BodyIndex();
  readonly #reader: EntryReader;
  readonly #clearing: QueueClearing;
  readonly #compactor: Compactor;
  readonly #retained: RetainedReader;
  #loader: StateLoader | undefined;
  /** What is in bytes of the open batch. */
  #writer = new BatchWriter();
  /** Used in turns with the other. */
  #spare = new BatchWriter();
  /** Closed batches, oldest first: on their way to disk, or failed to get there. */
  #unwritten: Closed[] = [];
  /** The write under way; never rejects. */
  #writing: Promise<unknown> | undefined;
  /** A write failed: LevelDB refuses all further ones until it is opened again. */
  #isBroken = false;
  #isClosing = false;
  readonly isOnDisk = true;
  onCommitWanted: (() => void) | undefined;

  constructor(options: LevelStoreOptions, logger: Logger) {
    super();
    this.#options = options;
    const create = options.createDatabase ?? createDatabase;
    this.#database = create(locationIn(options.folder), DATABASE_OPTIONS);
    const corrupt = (what: string): void => this.#loader?.corrupt(what);
    this.#reader = new EntryReader(this.#database, this.#bodies, corrupt);
    this.#retained = new RetainedReader(this.#database, corrupt);
    const { clock = systemClock } = options;
    this.#compactor = new Compactor(this.#database, clock, logger);
    this.#clearing = new QueueClearing({
      reader: this.#reader,
      logger,
      openBatch: () => this.batch,
      wantCommit: () => this.onCommitWanted?.(),
    });
  }

  async open(loader: StateLoader): Promise<void> {
    const { folder, clock = systemClock, isReadOnly = false } = this.#options;
    this.#loader = loader;
    if (isReadOnly) await expectDatabase(folder);
    else await makeFolder(folder);
    const passedOver = await findLogDamage(locationIn(folder));
    await openDatabase(this.#database, folder);
    for (const what of passedOver) loader.corrupt(what);
    try {
      if (isReadOnly) await checkFormat(this.#database, folder);
      else await claimFormat(this.#database, folder, clock.now());
      for (const queue of await loadClearing(this.#database, loader)) {
        this.#clearing.add(queue);
        loader.usedQueueId(queue.id);
      }
      await loadTables(this.#database, loader, (queue) => isReadOnly || this.#compactor.found(queue));
    } catch (error) {
      await this.#database.close();
      throw failed("Reading", folder, error);
    }
    if (isReadOnly) return;
    this.#clearing.start();
    this.#compactor.start();
  }

  async commit(): Promise<CommitResult> {
    while (this.#writing !== undefined) await this.#writing;
    const result = await this.#write();
    this.#clearing.start();
    return result;
  }

  async readEntries(
    queue: QueueRef,
    fromSeq: number,
    toSeq: number,
    limit: number,
    maximumBytes: number,
  ): Promise<QueueEntry[]> {
    try {
      return await this.#reader.read(queue, { fromSeq, toSeq, limit, maximumBytes }, (found) =>
        this.#discard(queue, found),
      );
    } catch (error) {
      throw failed("Reading", this.#options.folder, error);
    }
  }

  async readRetained(topicNames: readonly TopicName[]): Promise<(Message | undefined)[]> {
    const youngestFirst = [this.batch, ...this.#unwritten.map(({ batch }) => batch).reverse()];
    try {
      return await this.#retained.read(topicNames, youngestFirst);
    } catch (error) {
      throw failed("Reading", this.#options.folder, error);
    }
  }

  /** What is being written, or failed to be, included: it is in memory until it is on disk. */
  override get openBytes(): number {
    let bytes = this.batch.bytes + this.#writer.bytes;
    for (const { writer } of this.#unwritten) bytes += writer.bytes;
    return bytes;
  }

  override get isDirty(): boolean {
    return this.#isBroken || this.#writer.operations > 0 || super.isDirty; // what failed is still to be written
  }

  /** At once, and not when the batch is closed: objects that live so long are taken for old by V8. */
  override appendEntry(queue: QueueRef, entry: QueueEntry): void {
    if (entry.body !== undefined) {
      this.putEntry(queue, entry); // with the body, whose count is known when the batch is closed
      return;
    }
    entry.stored = EntryState.Written;
    this.#writer.append(queue, entry);
  }

  /** Resolves when the space of all deleted queues was given back, or the attempt has paused. */
  async cleared(): Promise<void> {
    await this.#clearing.idle();
    await this.#compactor.idle();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#writing;
    await this.#clearing.stop();
    await this.#compactor.stop();
    await this.#database.close();
  }

  /** One at a time: the caller has waited for `#writing`. */
  #write(): Promise<CommitResult> {
    const write = this.#writeOpenBatch();
    const settled = () => {
      this.#writing = undefined;
    };
    this.#writing = write.then(settled, settled);
    return write;
  }

  async #writeOpenBatch(): Promise<CommitResult> {
    const { batch } = this;
    const { waiting } = this.#clearing;
    if (!batch.isEmpty || this.#writer.operations > 0) this.#encode(batch);
    if (this.#unwritten.length === 0) return { operations: 0, bytes: 0 };
    try {
      if (this.#isBroken) await this.#reopen();
      const result = await this.#writeEncoded();
      this.#written(waiting);
      return result;
    } catch (error) {
      this.#isBroken = true;
      throw error instanceof StorageError ? error : failed("Writing to", this.#options.folder, error);
    }
  }

  #encode(batch: OpenBatch): void {
    this.batch = new OpenBatch(); // later changes are for the next commit
    batch.seal();
    for (const [body, message] of batch.bodies) this.#bodies.add(body, message);
    const writer = this.#writer;
    this.#writer = this.#unwritten.length === 0 ? this.#spare : new BatchWriter();
    writer.add(batch);
    batch.encoded();
    this.#unwritten.push({ batch, writer });
  }

  async #writeEncoded(): Promise<CommitResult> {
    let [operations, bytes] = [0, 0];
    const chained = this.#database.batch();
    for (const { writer } of this.#unwritten) {
      writer.putInto(chained);
      operations += writer.operations;
      bytes += writer.bytes;
    }
    await chained.write({ sync: this.#options.sync });
    return { operations, bytes };
  }

  #written(waiting: number): void {
    const closed = this.#unwritten;
    this.#unwritten = [];
    for (const one of closed) {
      const { batch, writer } = one;
      writer.clear();
      this.#spare = writer;
      this.#clearing.written(batch, one === closed.at(-1) ? waiting : 0);
      this.#compactor.written(batch);
    }
  }

  /** An entry that cannot be read would stay for ever: nobody settles it. */
  #discard(queue: QueueRef, { seq, entry }: FoundEntry): void {
    if (this.#options.isReadOnly || this.#isClosing) return;
    this.batch.deleteAt(queue, seq);
    if (entry?.body !== undefined) this.batch.unrefer(this.#reader.body(entry.body));
    this.onCommitWanted?.();
  }

  async #reopen(): Promise<void> {
    try {
      await this.#database.close();
      await this.#database.open();
      this.#isBroken = false;
    } catch (error) {
      throw failed("Opening", this.#options.folder, error);
    }
  }
}
