import type { Message } from "../../base/message.ts";
import type { QueueEntry, QueueRef, SharedBody } from "../../state/records.ts";
import { EntryState } from "../../state/records.ts";
import type { ClearingQueue, OpenBatch } from "../open-batch.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Database } from "./database.ts";
import {
  writeBodyCountKey,
  writeBodyKey,
  writeClearingKey,
  writeDefinitionKey,
  writeEntryKey,
  writeQueueKey,
  writeReceivedKey,
  writeRetainedKey,
  writeSessionKey,
  writeSubscriptionKey,
} from "./keys.ts";
import { writeMessage } from "./message-record.ts";
import {
  beginValue,
  endValue,
  writeBodyCount,
  writeClearing,
  writeEntry,
  writeQueue,
  writeSession,
  writeSubscription,
} from "./records.ts";

type ChainedBatch = ReturnType<Database["batch"]>;

/** In place of a value's length: the record is deleted. */
const DELETED = -1;
/** Lists that had to grow beyond this are given back. */
const KEPT_OPERATIONS = 64 * 1024;

/**
 * A batch in bytes until it is on disk. The objects they were made of need not outlive the write,
 * which takes milliseconds: what a garbage collection finds twice it takes for old.
 */
export class BatchWriter {
  readonly #writer = new ByteWriter();
  #operations = 0;
  /** For each operation the length of its key, and of its value or DELETED; what lies behind is of batches before. */
  #keyLengths: number[] = [];
  #valueLengths: number[] = [];
  #start = 0;
  #valueStart = 0;

  /** Of all keys and values. */
  get bytes(): number {
    return this.#writer.length;
  }

  get operations(): number {
    return this.#operations;
  }

  /** An entry that nobody changes until it is on disk, before its batch is closed. */
  append(queue: QueueRef, entry: QueueEntry): void {
    writeEntryKey(this.#key(), queue, entry.seq);
    this.#beginValue();
    writeEntry(this.#writer, entry);
    this.#endValue();
  }

  add(batch: OpenBatch): void {
    this.#writeClients(batch);
    this.#writeRetained(batch);
    this.#writeDefinitions(batch);
    this.#writeQueues(batch);
    this.#writeEntries(batch);
    for (const [body, message] of batch.bodies) this.#writeBody(body, message);
  }

  /** LevelDB copies each key and value at once. */
  putInto(chained: ChainedBatch): void {
    let at = 0;
    for (let i = 0; i < this.#operations; i++) {
      const keyEnd = at + (this.#keyLengths[i] as number);
      const key = this.#writer.view(at, keyEnd);
      const valueLength = this.#valueLengths[i] as number;
      at = keyEnd;
      if (valueLength === DELETED) {
        chained.del(key);
        continue;
      }
      at += valueLength;
      chained.put(key, this.#writer.view(keyEnd, at));
    }
  }

  /** All of it is on disk. */
  clear(): void {
    this.#writer.reset();
    if (this.#operations > KEPT_OPERATIONS) {
      this.#keyLengths = [];
      this.#valueLengths = [];
    }
    this.#operations = 0;
  }

  #writeClients(batch: OpenBatch): void {
    for (const [clientId, { slot, session }] of batch.sessions) {
      writeSessionKey(this.#key(), slot, clientId);
      if (session === undefined) this.#del();
      else this.#put((writer) => writeSession(writer, session));
    }
    for (const { slot, clientId, topicFilter, options } of batch.subscriptions) {
      writeSubscriptionKey(this.#key(), slot, clientId, topicFilter);
      if (options === undefined) this.#del();
      else this.#put((writer) => writeSubscription(writer, options));
    }
    for (const { slot, clientId, packetId, present } of batch.received) {
      writeReceivedKey(this.#key(), slot, clientId, packetId);
      if (present) this.#put(nothing);
      else this.#del();
    }
  }

  #writeRetained(batch: OpenBatch): void {
    for (const [topicName, message] of batch.retained) {
      writeRetainedKey(this.#key(), topicName);
      if (message === undefined) this.#del();
      else this.#put((writer) => writeMessage(writer, message));
    }
  }

  #writeDefinitions(batch: OpenBatch): void {
    for (const [name, value] of batch.definitions) {
      writeDefinitionKey(this.#key(), name);
      if (value === undefined) this.#del();
      else this.#put((writer) => writer.rest(value));
    }
  }

  #writeQueues(batch: OpenBatch): void {
    for (const queue of batch.queues.values()) {
      writeQueueKey(this.#key(), queue);
      this.#put((writer) => writeQueue(writer, queue));
    }
    for (const queue of batch.deletedQueues.values()) {
      writeQueueKey(this.#key(), queue);
      this.#del();
      this.#putClearing(queue);
    }
    for (const queue of batch.clearingQueues.values()) this.#putClearing(queue);
    for (const queue of batch.clearedQueues) {
      writeClearingKey(this.#key(), queue);
      this.#del();
    }
  }

  #putClearing(queue: ClearingQueue): void {
    writeClearingKey(this.#key(), queue);
    this.#put((writer) => writeClearing(writer, queue.fromSeq));
  }

  #writeEntries(batch: OpenBatch): void {
    const { putQueues, putEntries, deleteQueues, deleteSeqs } = batch;
    for (let i = 0; i < putEntries.length; i++) {
      const entry = putEntries[i] as QueueEntry;
      if (entry.stored !== EntryState.Gone) this.append(putQueues[i] as QueueRef, entry);
    }
    for (let i = 0; i < deleteSeqs.length; i++) {
      writeEntryKey(this.#key(), deleteQueues[i] as QueueRef, deleteSeqs[i] as number);
      this.#del();
    }
  }

  /** The count on disk changes in the same write as the entries it counts. */
  #writeBody(body: SharedBody, message: Message | undefined): void {
    if (body.references === 0) {
      this.#deleteBody(body);
      return;
    }
    if (message !== undefined) {
      writeBodyKey(this.#key(), body);
      this.#put((writer) => writeMessage(writer, message));
    }
    writeBodyCountKey(this.#key(), body);
    this.#put((writer) => writeBodyCount(writer, body.references));
  }

  #deleteBody(body: SharedBody): void {
    writeBodyKey(this.#key(), body);
    this.#del();
    writeBodyCountKey(this.#key(), body);
    this.#del();
  }

  #key(): ByteWriter {
    this.#start = this.#writer.length;
    return this.#writer;
  }

  #put(writeFields: (writer: ByteWriter) => void): void {
    this.#beginValue();
    writeFields(this.#writer);
    this.#endValue();
  }

  #beginValue(): void {
    this.#valueStart = this.#writer.length;
    beginValue(this.#writer);
  }

  #endValue(): void {
    endValue(this.#writer, this.#start);
    this.#endOperation(this.#valueStart - this.#start, this.#writer.length - this.#valueStart);
  }

  #del(): void {
    this.#endOperation(this.#writer.length - this.#start, DELETED);
  }

  #endOperation(keyLength: number, valueLength: number): void {
    this.#keyLengths[this.#operations] = keyLength;
    this.#valueLengths[this.#operations] = valueLength;
    this.#operations++;
  }
}

function nothing(): void {}
