import type { Message } from "../../base/message.ts";
import type {
  QueueEntry,
  QueueRecord,
  ReceivedRecord,
  SessionRecord,
  SubscriptionRecord,
} from "../../state/records.ts";
import type { StateLoader, StateStore } from "../../state/store.ts";
import {
  definitionLine,
  endLine,
  headerLine,
  messageLine,
  queueLine,
  receivedLine,
  retainedLine,
  sessionLine,
  subscriptionLine,
} from "./export-lines.ts";

export interface ExportReport {
  /** Lines between header and end. */
  readonly records: number;
  /** Damaged records that were left out. */
  readonly damaged: readonly string[];
}

const PAGE_ENTRIES = 512;
const PAGE_BYTES = 1024 * 1024;
/** Damaged records named in a report; the others are counted. */
const NAMED_DAMAGES = 100;

/** Opens the store and writes all it holds, line by line: in memory are the names of sessions and queues, no messages. */
export async function exportState(
  store: Pick<StateStore, "open" | "readEntries">,
  write: (line: string) => void,
): Promise<ExportReport> {
  const writing = new Exporting(write);
  await store.open(writing);
  await writing.messages(store);
  return writing.end();
}

class Exporting implements StateLoader {
  readonly #write: (line: string) => void;
  readonly #sessions = new Set<string>();
  readonly #queues: QueueRecord[] = [];
  /** Numbers of shared bodies, by their place. */
  readonly #bodies = new Map<string, number>();
  readonly #damaged: string[] = [];
  #damagedCount = 0;
  #records = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
    write(JSON.stringify(headerLine()));
  }

  queue(record: QueueRecord): void {
    if (record.headSeq < record.nextSeq) this.#queues.push(record);
    this.#put(queueLine(record));
  }

  session(record: SessionRecord): void {
    this.#sessions.add(record.clientId);
    this.#put(sessionLine(record));
  }

  /** What belongs to a session that was damaged is lost with it, as at the start of a broker. */
  subscription(record: SubscriptionRecord): void {
    if (this.#sessions.has(record.clientId)) this.#put(subscriptionLine(record));
    else this.corrupt(`subscription of ${record.clientId}: there is no such session`);
  }

  received({ clientId, packetId }: ReceivedRecord): void {
    if (this.#sessions.has(clientId)) this.#put(receivedLine(clientId, packetId));
    else this.corrupt(`received id of ${clientId}: there is no such session`);
  }

  retained(message: Message): void {
    this.#put(retainedLine(message));
  }

  definition(name: string, value: Buffer): void {
    this.#put(definitionLine(name, value));
  }

  /** Ids are given anew by the import. */
  usedQueueId(): void {}

  corrupt(what: string): void {
    this.#damagedCount++;
    if (this.#damaged.length < NAMED_DAMAGES) this.#damaged.push(what);
  }

  async messages(store: Pick<StateStore, "readEntries">): Promise<void> {
    for (const queue of this.#queues) {
      for (let fromSeq = queue.headSeq; fromSeq < queue.nextSeq; ) {
        const entries = await store.readEntries(queue, fromSeq, queue.nextSeq, PAGE_ENTRIES, PAGE_BYTES);
        for (const entry of entries) this.#put(messageLine(queue.name, entry, this.#bodyOf(entry)));
        fromSeq = (entries.at(-1)?.seq ?? queue.nextSeq) + 1;
      }
    }
  }

  end(): ExportReport {
    this.#write(JSON.stringify(endLine(this.#records)));
    const more = this.#damagedCount - this.#damaged.length;
    const damaged = more > 0 ? [...this.#damaged, `and ${more} more`] : this.#damaged;
    return { records: this.#records, damaged };
  }

  #bodyOf({ body, message }: QueueEntry): { number: number; isFirst: boolean } | undefined {
    if (body === undefined || message === undefined) return undefined;
    const place = `${body.slot}/${body.queueId}/${body.seq}`;
    const known = this.#bodies.get(place);
    if (known !== undefined) return { number: known, isFirst: false };
    const number = this.#bodies.size + 1;
    this.#bodies.set(place, number);
    return { number, isFirst: true };
  }

  #put(line: object): void {
    this.#records++;
    this.#write(JSON.stringify(line));
  }
}
