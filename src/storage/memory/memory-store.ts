import type { TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import type { QueueEntry, QueueRef } from "../../state/records.ts";
import { EntryState } from "../../state/records.ts";
import type { CommitResult, StateLoader, StateStore } from "../../state/store.ts";
import { BatchedStore } from "../batched-store.ts";
import { OpenBatch, queueKey } from "../open-batch.ts";
import { applyBatch } from "./apply-batch.ts";
import { MemoryDisk, type MemoryEntry } from "./memory-disk.ts";

/** The store of `durability: memory`: the port's rules without a disk. Nothing outlives the process. */
export class MemoryStore extends BatchedStore implements StateStore {
  readonly #disk: MemoryDisk;
  readonly isOnDisk: boolean = false;
  /** Never called: memory needs no clearing. */
  onCommitWanted: (() => void) | undefined;

  /** Tests hand in a disk of their own: a new store on it sees what was committed, as after a kill. */
  constructor(disk: MemoryDisk = new MemoryDisk()) {
    super();
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
    for (const [name, value] of this.#disk.definitions) loader.definition(name, value);
    for (const message of retained.values()) loader.retained(message);
  }

  commit(): Promise<CommitResult> {
    const batch = this.batch;
    this.batch = new OpenBatch();
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

  readRetained(topicNames: readonly TopicName[]): Promise<(Message | undefined)[]> {
    const { retained } = this.batch;
    return Promise.resolve(
      topicNames.map((name) => (retained.has(name) ? retained.get(name) : this.#disk.retained.get(name))),
    );
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
