import { SLOT_COUNT } from "../../base/ids.ts";
import type { QueueRecord } from "../../state/records.ts";
import type { StateLoader } from "../../state/store.ts";
import type { ClearingQueue } from "../open-batch.ts";
import { type ByteReader, CorruptRecord } from "./byte-reader.ts";
import type { Database } from "./database.ts";
import {
  describeKey,
  readDefinitionKey,
  readQueueKey,
  readReceivedKey,
  readSubscriptionKey,
  Table,
  tableRange,
} from "./keys.ts";
import { readMessage } from "./message-record.ts";
import { openValue, readClearing, readQueue, readSession, readSubscription } from "./records.ts";
import { scan } from "./scan.ts";

type TakeRecord = (key: Buffer, reader: ByteReader) => unknown;

/** Streams everything but entries and bodies to the loader: queues (these to `found` too), sessions, then the rest. */
export async function loadTables(
  database: Database,
  loader: StateLoader,
  found: (queue: QueueRecord) => void,
): Promise<void> {
  const load = (table: Table, take: TakeRecord) => loadTable(database, table, take, loader);
  const useId = (key: Buffer): void => loader.usedQueueId(readQueueKey(key).id);
  await loadTable(
    database,
    Table.Queue,
    (key, reader) => {
      const queue = readQueue(key, reader);
      loader.queue(queue);
      found(queue);
    },
    loader,
    useId,
  );
  await load(Table.Session, (key, reader) => loader.session(readSession(key, reader)));
  await load(Table.Subscription, (key, reader) =>
    loader.subscription({ ...readSubscriptionKey(key), options: readSubscription(reader) }),
  );
  await load(Table.Received, (key) => loader.received(readReceivedKey(key)));
  await load(Table.Definition, (key, reader) => loader.definition(readDefinitionKey(key), reader.rest()));
  await load(Table.Retained, (_key, reader) => loader.retained(readMessage(reader)));
}

/** Deleted queues whose entries were not all cleared when the process ended. */
export async function loadClearing(database: Database, loader: StateLoader): Promise<ClearingQueue[]> {
  const queues: ClearingQueue[] = [];
  const take: TakeRecord = (key, reader) =>
    queues.push({ ...readQueueKey(key), fromSeq: readClearing(reader) });
  const takeWhole = (key: Buffer): unknown => queues.push({ ...readQueueKey(key), fromSeq: 0 });
  await loadTable(database, Table.Clearing, take, loader, takeWhole);
  return queues;
}

async function loadTable(
  database: Database,
  table: Table,
  take: TakeRecord,
  loader: StateLoader,
  damaged?: (key: Buffer) => unknown,
): Promise<void> {
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    for await (const chunk of scan(database, tableRange(slot, table))) {
      for (const [key, value] of chunk) {
        if (!takeRecord(key, value, take, loader)) damaged?.(key);
      }
    }
  }
}

/** Returns false when the record failed its check. */
function takeRecord(key: Buffer, value: Buffer, take: TakeRecord, loader: StateLoader): boolean {
  try {
    take(key, openValue(key, value));
    return true;
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error;
    loader.corrupt(`${describeKey(key)}: ${error.message}`);
    return false;
  }
}
