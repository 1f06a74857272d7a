import type { ClientId, TopicFilter, TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type {
  QueueEntry,
  QueueRecord,
  QueueRef,
  SessionRecord,
  SubscriptionOptions,
} from "../../state/records.ts";
import { EntryState } from "../../state/records.ts";
import type { CommitResult, StateLoader, StateStore } from "../../state/store.ts";
import { OpenBatch, queueKey } from "../open-batch.ts";
import { applyBatch } from "./apply-batch.ts";
import { MemoryDisk, type MemoryEntry } from "./memory-disk.ts";

/** The store of `durability: memory`: the port's rules without a disk. Nothing outlives the process. */
export class MemoryStore implements StateStore {
  readonly #disk: MemoryDisk;
  #open = new OpenBatch();

  /** Tests hand in a disk of their own: a new store on it sees what was committed, as after a kill. */
  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk;
  }

  async open(loader: StateLoader): Promise<void> {
    const { clients, queues, retained } = this.#disk;
    this.#disk.forgetBodies();
    for (const queue of queues.values()) loader.queue(queue);
    for (const { session } of clients.values()) {
      if (session !== undefined) loader.session(session);
    }
    for (const [clientId, { slot, subscriptions, received }] of clients) {
      for (const [topicFilter, options] of subscriptions) {
        loader.subscription({ slot, clientId, topicFilter, options });
      }
      for (const packetId of received) loader.received({ slot, clientId, packetId });
    }
    for (const message of retained.values()) loader.retained(message);
  }

  putSession(session: SessionRecord): void {
    this.#open.changeSession(session.clientId, { slot: session.slot, session });
  }

  deleteSession(slot: number, clientId: ClientId): void {
    this.#open.changeSession(clientId, { slot, session: undefined });
  }

  putSubscription(
    slot: number,
    clientId: ClientId,
    topicFilter: TopicFilter,
    options: SubscriptionOptions,
  ): void {
    this.#open.changeSubscription({ slot, clientId, topicFilter, options });
  }

  deleteSubscription(slot: number, clientId: ClientId, topicFilter: TopicFilter): void {
    this.#open.changeSubscription({ slot, clientId, topicFilter, options: undefined });
  }

  putReceived(slot: number, clientId: ClientId, packetId: number): void {
    this.#open.changeReceived({ slot, clientId, packetId, present: true });
  }

  deleteReceived(slot: number, clientId: ClientId, packetId: number): void {
    this.#open.changeReceived({ slot, clientId, packetId, present: false });
  }

  putRetained(message: Message): void {
    this.#open.changeRetained(message.topicName, message);
  }

  deleteRetained(topicName: TopicName): void {
    this.#open.changeRetained(topicName, undefined);
  }

  putQueue(queue: QueueRecord): void {
    this.#open.putQueue(queue);
  }

  deleteQueue(queue: QueueRef): void {
    this.#open.deleteQueue(queue);
  }

  putEntry(queue: QueueRef, entry: QueueEntry): void {
    this.#open.putEntry(queue, entry);
  }

  deleteEntry(queue: QueueRef, entry: QueueEntry): void {
    this.#open.deleteEntry(queue, entry);
  }

  releaseEntry(queue: QueueRef, entry: QueueEntry): void {
    this.#open.releaseEntry(queue, entry);
  }

  get openBytes(): number {
    return this.#open.bytes;
  }

  get isDirty(): boolean {
    return !this.#open.isEmpty;
  }

  commit(): Promise<CommitResult> {
    const batch = this.#open;
    this.#open = new OpenBatch();
    batch.seal();
    return Promise.resolve({ operations: applyBatch(this.#disk, batch), bytes: batch.bytes });
  }

  readEntries(
    queue: QueueRef,
    fromSeq: number,
    toSeq: number,
    limit: number,
    maximumBytes: number,
  ): Promise<QueueEntry[]> {
    const found = this.#disk.entries.get(queueKey(queue));
    const first = found?.entries.keys().next().value;
    if (found === undefined || first === undefined) return Promise.resolve([]);
    const from = Math.max(first, fromSeq);
    const to = Math.min(found.lastSeq + 1, toSeq);
    return Promise.resolve(readRange(found.entries, from, to, limit, maximumBytes));
  }

  async close(): Promise<void> {}
}

/** Sequence numbers are dense: counting up finds them without a sorted index. */
function readRange(
  entries: ReadonlyMap<number, MemoryEntry>,
  fromSeq: number,
  toSeq: number,
  limit: number,
  maximumBytes: number,
): QueueEntry[] {
  const found: QueueEntry[] = [];
  let bytes = 0;
  for (let seq = fromSeq; seq < toSeq && found.length < limit && bytes < maximumBytes; seq++) {
    const entry = entries.get(seq);
    if (entry === undefined) continue;
    bytes += (entry.message?.payload.length ?? 0) + 64;
    found.push({ seq, ...entry, stored: EntryState.Written });
  }
  return found;
}
