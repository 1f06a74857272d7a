import { SLOT_COUNT } from "../../../base/ids.ts";
import { CorruptRecord } from "../byte-reader.ts";
import type { Database } from "../database.ts";
import {
  type BodyRef,
  keyOf,
  readBodyKey,
  readQueueKey,
  Table,
  tableRange,
  writeBodyCountKey,
  writeBodyKey,
} from "../keys.ts";
import { openValue, readBodyCount, readEntry, type StoredEntry, writeBodyCount } from "../records.ts";
import { scan } from "../scan.ts";
import type { Mender } from "./mender.ts";
import type { QueueTally } from "./queue-tally.ts";

/** Bodies whose references are counted in one pass over the entries: some 50 MB. */
const BODIES_PER_PASS = 250_000;

type TallyOf = (queueId: number) => QueueTally | undefined;

/**
 * Counts the entries that refer to each shared body. Bodies may be too many for memory: each pass over the entries
 * counts those of one part.
 */
export class BodyCheck {
  readonly #database: Database;
  readonly #mender: Mender;
  #bodies = 0;
  #references = 0;
  /** Entries found so far of each body of this part. */
  #found = new Map<string, number>();
  #part = 0;
  #parts = 1;

  constructor(database: Database, mender: Mender) {
    this.#database = database;
    this.#mender = mender;
  }

  /** A body, or a count of one. */
  noteBody(): void {
    this.#bodies++;
  }

  noteReference(): void {
    this.#references++;
  }

  async run(tallyOf: TallyOf): Promise<void> {
    if (this.#bodies + this.#references === 0) return;
    this.#parts = Math.ceil((this.#bodies + 1) / 2 / BODIES_PER_PASS);
    for (this.#part = 0; this.#part < this.#parts; this.#part++) {
      this.#found = new Map();
      await this.#each(Table.Body, (key, value) => this.#noteReadable(key, value));
      await this.#each(Table.Entry, (key, value) => this.#countEntry(key, value, tallyOf));
      await this.#each(Table.BodyCount, (key, value) => this.#compare(key, value));
      for (const [name, count] of this.#found) await this.#settle(refOf(name), count, undefined);
      await this.#mender.flush();
    }
  }

  async #each(table: Table, take: (key: Buffer, value: Buffer) => Promise<void> | void): Promise<void> {
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      for await (const chunk of scan(this.#database, tableRange(slot, table))) {
        for (const [key, value] of chunk) await take(key, value);
      }
    }
  }

  #noteReadable(key: Buffer, value: Buffer): void {
    const body = readOr(() => openValue(key, value) && readBodyKey(key));
    if (body !== undefined && this.#isMine(body)) this.#found.set(nameOf(body), 0);
  }

  async #countEntry(key: Buffer, value: Buffer, tallyOf: TallyOf): Promise<void> {
    const entry: StoredEntry | undefined = readOr(() => readEntry(openValue(key, value)));
    if (entry?.body === undefined || !this.#isMine(entry.body)) return;
    const name = nameOf(entry.body);
    const count = this.#found.get(name);
    if (count !== undefined) {
      this.#found.set(name, count + 1);
      return;
    }
    tallyOf(readQueueKey(key).id)?.loseBody(entry.payloadBytes);
    await this.#mender.delete(key);
  }

  async #compare(key: Buffer, value: Buffer): Promise<void> {
    const body = readOr(() => readBodyKey(key));
    if (body === undefined || !this.#isMine(body)) return;
    const name = nameOf(body);
    await this.#settle(
      body,
      this.#found.get(name) ?? 0,
      readOr(() => readBodyCount(openValue(key, value))) ?? -1,
    );
    this.#found.delete(name);
  }

  /** `stored`: what the record says; undefined = there is none. */
  async #settle(body: BodyRef, count: number, stored: number | undefined): Promise<void> {
    if (count === stored && count > 0) return;
    const name = `body ${nameOf(body)}`;
    if (count > 0) {
      this.#mender.found(`${name}: ${count} entries refer to it, ${stored ?? "nothing"} is counted`);
      await this.#mender.put(
        (writer) => writeBodyCountKey(writer, body),
        (writer) => writeBodyCount(writer, count),
      );
      return;
    }
    this.#mender.found(`${name}: no entry refers to it`);
    await this.#mender.delete(keyOf((writer) => writeBodyKey(writer, body)));
    await this.#mender.delete(keyOf((writer) => writeBodyCountKey(writer, body)));
  }

  #isMine(body: BodyRef): boolean {
    return this.#parts === 1 || (body.seq + body.queueId) % this.#parts === this.#part;
  }
}

function nameOf(body: BodyRef): string {
  return `${body.slot}/${body.queueId}/${body.seq}`;
}

function refOf(name: string): BodyRef {
  const [slot = 0, queueId = 0, seq = 0] = name.split("/").map(Number);
  return { slot, queueId, seq };
}

/** Undefined for a damaged record: it has been reported. */
function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CorruptRecord) return undefined;
    throw error;
  }
}
