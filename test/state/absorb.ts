import { EntryState } from "../../src/state/records.ts";
import type { OpenBatch } from "../../src/storage/open-batch.ts";

/** Puts a younger batch behind a closed one that failed to be written: what is tried next. */
export function absorb(batch: OpenBatch, younger: OpenBatch): void {
  for (const [clientId, change] of younger.sessions) batch.sessions.set(clientId, change);
  for (const change of younger.subscriptions) batch.subscriptions.push(change);
  for (const change of younger.received) batch.received.push(change);
  for (const [topicName, message] of younger.retained) batch.retained.set(topicName, message);
  for (const [name, value] of younger.definitions) batch.definitions.set(name, value);
  for (const [key, queue] of younger.queues) batch.queues.set(key, queue);
  for (const queue of younger.deletedQueues.values()) batch.deleteQueue(queue, queue.fromSeq);
  for (const [key, queue] of younger.clearingQueues) batch.clearingQueues.set(key, queue);
  for (const queue of younger.clearedQueues) batch.clearedQueues.push(queue);
  for (const [i, entry] of younger.putEntries.entries()) {
    const queue = younger.putQueues[i];
    if (queue === undefined || entry.stored === EntryState.Gone) continue;
    batch.putQueues.push(queue);
    batch.putEntries.push(entry);
  }
  for (const queue of younger.deleteQueues) batch.deleteQueues.push(queue);
  for (const seq of younger.deleteSeqs) batch.deleteSeqs.push(seq);
  for (const [body, message] of younger.bodies) batch.bodies.set(body, batch.bodies.get(body) ?? message);
  batch.bytes += younger.bytes;
}
