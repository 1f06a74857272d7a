import type { TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type { OpenBatch } from "../open-batch.ts";
import { CorruptRecord } from "./byte-reader.ts";
import type { Database } from "./database.ts";
import { describeKey, keyOf, writeRetainedKey } from "./keys.ts";
import { readMessage } from "./message-record.ts";
import { openValue } from "./records.ts";

/** Reads retained messages: from the batches that are not on disk yet, youngest first, else from disk. */
export class RetainedReader {
  readonly #database: Database;
  readonly #corrupt: (what: string) => void;

  constructor(database: Database, corrupt: (what: string) => void) {
    this.#database = database;
    this.#corrupt = corrupt;
  }

  async read(
    topicNames: readonly TopicName[],
    unwritten: readonly OpenBatch[],
  ): Promise<(Message | undefined)[]> {
    const messages: (Message | undefined)[] = [];
    const places: number[] = [];
    const keys: Buffer[] = [];
    for (const [i, topicName] of topicNames.entries()) {
      const batch = unwritten.find(({ retained }) => retained.has(topicName));
      messages.push(batch?.retained.get(topicName));
      if (batch !== undefined) continue;
      places.push(i);
      keys.push(keyOf((writer) => writeRetainedKey(writer, topicName)));
    }
    if (keys.length === 0) return messages;
    const values = await this.#database.getMany(keys, { fillCache: false });
    for (const [i, place] of places.entries()) messages[place] = this.#decode(keys[i] as Buffer, values[i]);
    return messages;
  }

  #decode(key: Buffer, value: Buffer | undefined): Message | undefined {
    if (value === undefined) return undefined;
    try {
      return readMessage(openValue(key, value));
    } catch (error) {
      if (!(error instanceof CorruptRecord)) throw error;
      this.#corrupt(`${describeKey(key)}: ${error.message}`);
      return undefined;
    }
  }
}
