import { SLOT_COUNT, slotOf } from "../../../base/ids.ts";
import type { QueueRef, SessionRecord } from "../../../state/records.ts";
import { CorruptRecord } from "../byte-reader.ts";
import type { Database } from "../database.ts";
import {
  describeKey,
  keyOf,
  readDefinitionKey,
  readEntrySeq,
  readQueueKey,
  readReceivedKey,
  readSessionKey,
  readSubscriptionKey,
  readTopicKey,
  Table,
  tableRange,
  writeClearingKey,
  writeQueueKey,
} from "../keys.ts";
import { readMessage } from "../message-record.ts";
import {
  openValue,
  readBodyCount,
  readClearing,
  readEntry,
  readMeta,
  readQueue,
  readSession,
  readSubscription,
  type StoredEntry,
  writeClearing,
} from "../records.ts";
import { scan } from "../scan.ts";
import { BodyCheck } from "./body-check.ts";
import type { Mender } from "./mender.ts";
import { QueueTally } from "./queue-tally.ts";

/**
 * Reads the whole database and compares what belongs together: records with their checks, sessions with their queues,
 * queues with their entries, entries with their bodies. In memory are, as in the broker, sessions and queues, but no
 * messages. Whatever the mender deletes is not counted.
 */
export class Survey {
  records = 0;
  readonly #database: Database;
  readonly #mender: Mender;
  readonly #bodies: BodyCheck;
  readonly #sessions = new Map<string, SessionRecord>();
  /** By queue id: ids are given once. */
  readonly #queues = new Map<number, QueueTally>();
  readonly #clearing = new Set<number>();
  /** The queue of the last entry read: entries of one queue follow each other. */
  #last: QueueTally | undefined;

  constructor(database: Database, mender: Mender) {
    this.#database = database;
    this.#mender = mender;
    this.#bodies = new BodyCheck(database, mender);
  }

  /** Rejects with LevelDB's error when it cannot read its files. */
  async run(): Promise<void> {
    await this.#noteClearing();
    for await (const chunk of scan(this.#database, {})) {
      for (const [key, value] of chunk) {
        this.records++;
        await this.#take(key, value);
      }
    }
    await this.#mender.flush();
    await this.#bodies.run((id) => (this.#clearing.has(id) ? undefined : this.#queues.get(id)));
    await this.#settleQueues();
    await this.#mender.flush();
  }

  /** Entries of these queues are no finding: the broker is deleting them. */
  async #noteClearing(): Promise<void> {
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      for await (const chunk of scan(this.#database, tableRange(slot, Table.Clearing))) {
        for (const [key] of chunk) this.#clearing.add(readQueueKey(key).id);
      }
    }
  }

  async #take(key: Buffer, value: Buffer): Promise<void> {
    try {
      if (key[1] === Table.Entry) await this.#takeEntry(key, value);
      else await this.#takeRecord(key, value);
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      this.#mender.found(`${describeKey(key)}: ${error.message}`);
      await this.#mender.delete(key);
    }
  }

  async #takeRecord(key: Buffer, value: Buffer): Promise<void> {
    switch (key[1]) {
      case Table.Meta:
        if (key.length !== 2 || key[0] !== 0 || readMeta(value) === undefined) throw noRecord();
        return;
      case Table.Session:
        return this.#takeSession(key, value);
      case Table.Subscription:
        return this.#takeSubscription(key, value);
      case Table.Received:
        return this.#takeReceived(key, value);
      case Table.Queue:
        return this.#takeQueue(key, value);
      case Table.Clearing:
        return this.#takeClearing(key, value);
      default:
        this.#takeOther(key, value);
    }
  }

  #takeSession(key: Buffer, value: Buffer): void {
    const { clientId } = readSessionKey(key);
    const session = this.#orLost(`session ${clientId}`, () => readSession(key, openValue(key, value)));
    this.#sessions.set(clientId, session);
  }

  /** Sessions come before what belongs to them: both are in the client's slot. */
  async #takeSubscription(key: Buffer, value: Buffer): Promise<void> {
    const { clientId, topicFilter } = readSubscriptionKey(key);
    if (!this.#sessions.has(clientId)) {
      return this.#removeOrphan(key, `subscription of ${clientId} to ${topicFilter}`);
    }
    this.#orLost(`subscription of ${clientId} to ${topicFilter}`, () =>
      readSubscription(openValue(key, value)),
    );
  }

  async #takeReceived(key: Buffer, value: Buffer): Promise<void> {
    const { clientId, packetId } = readReceivedKey(key);
    if (!this.#sessions.has(clientId)) return this.#removeOrphan(key, `packet id ${packetId} of ${clientId}`);
    this.#orLost(`packet id ${packetId} of ${clientId}, which may be accepted twice`, () =>
      openValue(key, value),
    );
  }

  #takeQueue(key: Buffer, value: Buffer): void {
    const ref = readQueueKey(key);
    this.#queues.set(ref.id, new QueueTally(ref, readQueue(key, openValue(key, value))));
  }

  async #takeClearing(key: Buffer, value: Buffer): Promise<void> {
    const ref = readQueueKey(key);
    try {
      readClearing(openValue(key, value));
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      this.#mender.found(`${describeKey(key)}: ${error.message}`);
      await this.#clear(ref);
    }
  }

  #takeOther(key: Buffer, value: Buffer): void {
    switch (key[1]) {
      case Table.Retained: {
        this.#orLost(`retained message of ${readTopicKey(key)}`, () => readMessage(openValue(key, value)));
        return;
      }
      case Table.Definition:
        this.#orLost(`definition ${readDefinitionKey(key)}`, () => openValue(key, value));
        return;
      case Table.Body:
        readMessage(openValue(key, value));
        this.#bodies.noteBody();
        return;
      case Table.BodyCount:
        readBodyCount(openValue(key, value));
        this.#bodies.noteBody();
        return;
      default:
        throw noRecord();
    }
  }

  // hot: once per stored message
  async #takeEntry(key: Buffer, value: Buffer): Promise<void> {
    const tally = this.#tallyOf(key);
    const seq = readEntrySeq(key);
    if (tally.isBehindHead(seq)) {
      tally.addBehindHead();
      return this.#mender.delete(key);
    }
    let entry: StoredEntry;
    try {
      entry = readEntry(openValue(key, value));
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      tally.addDamaged();
      return this.#mender.delete(key);
    }
    tally.add(seq, entry.payloadBytes);
    if (entry.body !== undefined) this.#bodies.noteReference();
  }

  #tallyOf(key: Buffer): QueueTally {
    const ref = readQueueKey(key);
    if (this.#last?.ref.id === ref.id) return this.#last;
    this.#last = this.#queues.get(ref.id) ?? new QueueTally(ref, undefined);
    this.#queues.set(ref.id, this.#last);
    return this.#last;
  }

  async #settleQueues(): Promise<void> {
    await this.#restoreSessionQueues();
    const used = new Set([...this.#sessions.values()].map(({ queueId }) => queueId));
    for (const tally of this.#queues.values()) {
      const { record, ref } = tally;
      if (this.#clearing.has(ref.id) || (record === undefined && used.has(ref.id))) continue;
      if (record === undefined) await this.#clearUnknown(tally);
      else if (record.name.startsWith("session/") && !used.has(ref.id)) await this.#clearOrphan(tally);
      else await tally.settle(this.#mender);
    }
  }

  /** A session whose queue has lost its record gets it back, with all entries that are there. */
  async #restoreSessionQueues(): Promise<void> {
    for (const [clientId, { queueId, disconnectedAt }] of this.#sessions) {
      const known = this.#queues.get(queueId);
      if (known?.record !== undefined && !this.#clearing.has(queueId)) continue;
      this.#mender.found(`session ${clientId}: the record of its queue is missing`);
      const name = `session/${clientId}`;
      if (this.#clearing.has(queueId)) continue; // the broker gives it a new queue
      const tally = known ?? new QueueTally({ slot: slotOf(name), id: queueId }, undefined);
      await tally.restore(name, disconnectedAt, this.#mender);
    }
  }

  async #clearUnknown({ ref, count }: QueueTally): Promise<void> {
    this.#mender.found(`queue ${ref.id}: its record is missing, ${count} entries are there`);
    this.#mender.lose(`queue ${ref.id}, whose name is lost: ${count} messages`);
    await this.#clear(ref);
  }

  async #clearOrphan({ ref, record, count }: QueueTally): Promise<void> {
    const name = record?.name ?? "";
    this.#mender.found(`queue ${name}: there is no such session`);
    this.#mender.lose(`session ${name.slice("session/".length)} with ${count} messages`);
    await this.#mender.delete(keyOf((writer) => writeQueueKey(writer, ref)));
    await this.#clear(ref);
  }

  /** The broker deletes the entries when it runs. */
  async #clear(ref: QueueRef): Promise<void> {
    await this.#mender.put(
      (writer) => writeClearingKey(writer, ref),
      (writer) => writeClearing(writer, 0),
    );
  }

  async #removeOrphan(key: Buffer, what: string): Promise<void> {
    this.#mender.found(`${what}: there is no such session`);
    await this.#mender.delete(key);
  }

  #orLost<T>(what: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof CorruptRecord) this.#mender.lose(what);
      throw error;
    }
  }
}

function noRecord(): CorruptRecord {
  return new CorruptRecord("no record of ours");
}
