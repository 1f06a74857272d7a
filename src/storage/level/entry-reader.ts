import type { Message } from "../../base/message.ts";
import type { QueueEntry, QueueRef, SharedBody } from "../../state/records.ts";
import { EntryState } from "../../state/records.ts";
import type { BodyIndex } from "./body-index.ts";
import { CorruptRecord } from "./byte-reader.ts";
import { closeIterator, type Database } from "./database.ts";
import {
  type BodyRef,
  describeKey,
  entryRange,
  keyOf,
  readEntrySeq,
  writeBodyCountKey,
  writeBodyKey,
} from "./keys.ts";
import { readMessage } from "./message-record.ts";
import { openValue, readBodyCount, readEntry, type StoredEntry } from "./records.ts";

const READ_AHEAD_BYTES = 1024 * 1024;
/** What an entry counts for beside its payload. */
const ENTRY_BYTES = 64;

interface Range {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly limit: number;
  readonly maximumBytes: number;
}

export interface FoundEntry {
  readonly seq: number;
  /** Undefined when the record failed its check: it has been reported. */
  readonly entry: StoredEntry | undefined;
}

/** Reads a queue's committed entries and joins those of a shared body in one object. */
export class EntryReader {
  readonly #database: Database;
  readonly #bodies: BodyIndex;
  readonly #corrupt: (what: string) => void;

  constructor(database: Database, bodies: BodyIndex, corrupt: (what: string) => void) {
    this.#database = database;
    this.#bodies = bodies;
    this.#corrupt = corrupt;
  }

  /** Goes on behind damaged entries, which it hands to `unreadable`, until it has an entry or the range ends. */
  async read(queue: QueueRef, range: Range, unreadable: (found: FoundEntry) => void): Promise<QueueEntry[]> {
    let { fromSeq } = range;
    for (;;) {
      const found = await this.scan(queue, { ...range, fromSeq });
      const entries = await this.#completeAll(found, unreadable);
      const last = found.at(-1);
      if (entries.length > 0 || last === undefined) return entries;
      fromSeq = last.seq + 1;
    }
  }

  async #completeAll(
    found: readonly FoundEntry[],
    unreadable: (found: FoundEntry) => void,
  ): Promise<QueueEntry[]> {
    await this.#loadBodies(found);
    const entries: QueueEntry[] = [];
    for (const one of found) {
      const complete = one.entry && this.#complete(one.seq, one.entry);
      if (complete === undefined) unreadable(one);
      else entries.push(complete);
    }
    return entries;
  }

  /** The records alone, without the bodies they share. */
  async scan(queue: QueueRef, range: Range): Promise<FoundEntry[]> {
    const found: FoundEntry[] = [];
    // A full range ends the reading here: LevelDB would look for its end behind the next queue's deleted entries.
    const limit = Math.min(range.limit, range.toSeq - range.fromSeq);
    const iterator = this.#database.iterator({
      ...entryRange(queue, range.fromSeq, range.toSeq),
      highWaterMarkBytes: Math.min(range.maximumBytes, READ_AHEAD_BYTES),
      fillCache: false,
    });
    try {
      let bytes = 0;
      while (found.length < limit && bytes < range.maximumBytes) {
        const chunk = await iterator.nextv(limit - found.length);
        if (chunk.length === 0) break;
        for (const [key, value] of chunk) {
          if (bytes >= range.maximumBytes) break;
          const entry = this.#decode(key, value);
          bytes += ENTRY_BYTES + (entry?.payloadBytes ?? 0);
          found.push({ seq: readEntrySeq(key), entry });
        }
      }
      return found;
    } finally {
      await closeIterator(iterator);
    }
  }

  /**
   * The object that counts the entries of a body. Reads the count synchronously when nobody holds the object:
   * then no change of it is under way, and what is on disk is the truth.
   */
  body(ref: BodyRef): SharedBody {
    const known = this.#bodies.find(ref);
    if (known !== undefined) return known;
    const body = { ...ref, references: this.#storedCount(ref), stored: true };
    this.#bodies.add(body, undefined);
    return body;
  }

  /**
   * Each value that LevelDB hands out has memory of its own, some 300 bytes with its upkeep, that only a full garbage
   * collection gives back. `Buffer.from` copies small ones into the pool that Node shares among buffers.
   */
  #decode(key: Buffer, value: Buffer): StoredEntry | undefined {
    try {
      return readEntry(openValue(key, Buffer.from(value)));
    } catch (error) {
      this.#report(key, error);
      return undefined;
    }
  }

  #complete(seq: number, entry: StoredEntry): QueueEntry | undefined {
    const { delivery, message, deliveryCount } = entry;
    const stored = EntryState.Written;
    if (entry.body === undefined) return { seq, message, delivery, body: undefined, deliveryCount, stored };
    const body = this.body(entry.body);
    const shared = this.#bodies.messageOf(body);
    return shared && { seq, message: shared, delivery, body, deliveryCount, stored };
  }

  async #loadBodies(found: readonly FoundEntry[]): Promise<void> {
    const wanted = new Map<SharedBody, Buffer>();
    for (const { entry } of found) {
      if (entry?.body === undefined) continue;
      const body = this.body(entry.body);
      if (this.#bodies.messageOf(body) !== undefined || wanted.has(body)) continue;
      wanted.set(
        body,
        keyOf((writer) => writeBodyKey(writer, body)),
      );
    }
    if (wanted.size === 0) return;
    const values = await this.#database.getMany([...wanted.values()]);
    let i = 0;
    for (const [body, key] of wanted) this.#addBody(body, key, values[i++]);
  }

  #addBody(body: SharedBody, key: Buffer, value: Buffer | undefined): void {
    try {
      if (value === undefined) throw new CorruptRecord("the record is missing");
      const message: Message = readMessage(openValue(key, value));
      this.#bodies.add(body, message);
    } catch (error) {
      this.#report(key, error);
    }
  }

  /** A count that cannot be read is taken for so high that the body outlives its entries: better kept than lost. */
  #storedCount(ref: BodyRef): number {
    const key = keyOf((writer) => writeBodyCountKey(writer, ref));
    try {
      const value = this.#database.getSync(key);
      if (value === undefined) throw new CorruptRecord("the record is missing");
      return readBodyCount(openValue(key, value));
    } catch (error) {
      this.#report(key, error);
      return 0x7fff_ffff;
    }
  }

  #report(key: Buffer, error: unknown): void {
    if (!(error instanceof CorruptRecord)) throw error;
    this.#corrupt(`${describeKey(key)}: ${error.message}`);
  }
}
