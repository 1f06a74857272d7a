import type { QueueEntry, QueueRef, SharedBody } from "../../state/records.ts";
import { EntryState } from "../../state/records.ts";
import { type OpenBatch, queueKey } from "../open-batch.ts";
import type { MemoryDisk, MemoryEntry } from "./memory-disk.ts";

/** Makes a sealed batch part of the disk; returns the number of puts and deletes. */
export function applyBatch(disk: MemoryDisk, batch: OpenBatch): number {
  return (
    applyClients(disk, batch) +
    applyRetained(disk, batch) +
    applyDefinitions(disk, batch) +
    applyQueues(disk, batch)
  );
}

function applyClients(disk: MemoryDisk, batch: OpenBatch): number {
  for (const [clientId, { slot, session }] of batch.sessions) disk.client(slot, clientId).session = session;
  for (const { slot, clientId, topicFilter, options } of batch.subscriptions) {
    const { subscriptions } = disk.client(slot, clientId);
    if (options === undefined) subscriptions.delete(topicFilter);
    else subscriptions.set(topicFilter, options);
  }
  for (const { slot, clientId, packetId, present } of batch.received) {
    const { received } = disk.client(slot, clientId);
    if (present) received.add(packetId);
    else received.delete(packetId);
  }
  forgetEmptyClients(disk, batch);
  return batch.sessions.size + batch.subscriptions.length + batch.received.length;
}

function forgetEmptyClients(disk: MemoryDisk, batch: OpenBatch): void {
  const touched = [...batch.subscriptions, ...batch.received].map(({ clientId }) => clientId);
  for (const clientId of new Set([...batch.sessions.keys(), ...touched])) {
    const client = disk.clients.get(clientId);
    if (client === undefined || client.session !== undefined) continue;
    if (client.subscriptions.size + client.received.size === 0) disk.clients.delete(clientId);
  }
}

function applyRetained(disk: MemoryDisk, batch: OpenBatch): number {
  for (const [topicName, message] of batch.retained) {
    if (message === undefined) disk.retained.delete(topicName);
    else disk.retained.set(topicName, message);
  }
  return batch.retained.size;
}

function applyDefinitions(disk: MemoryDisk, batch: OpenBatch): number {
  for (const [name, value] of batch.definitions) {
    if (value === undefined) disk.definitions.delete(name);
    else disk.definitions.set(name, value);
  }
  return batch.definitions.size;
}

function applyQueues(disk: MemoryDisk, batch: OpenBatch): number {
  let operations = batch.queues.size + batch.deletedQueues.size + batch.deleteSeqs.length;
  for (const [key, queue] of batch.queues) disk.queues.set(key, { ...queue });
  for (let i = 0; i < batch.putEntries.length; i++) {
    const entry = batch.putEntries[i] as QueueEntry;
    if (entry.stored === EntryState.Gone) continue;
    put(disk, batch.putQueues[i] as QueueRef, entry);
    operations++;
  }
  for (let i = 0; i < batch.deleteSeqs.length; i++) {
    const queue = disk.entries.get(queueKey(batch.deleteQueues[i] as QueueRef));
    queue?.entries.delete(batch.deleteSeqs[i] as number);
  }
  for (const key of batch.deletedQueues.keys()) dropQueue(disk, key);
  return operations;
}

function put(disk: MemoryDisk, queue: QueueRef, entry: QueueEntry): void {
  const key = queueKey(queue);
  let found = disk.entries.get(key);
  if (found === undefined) {
    found = { entries: new Map(), lastSeq: entry.seq };
    disk.entries.set(key, found);
  }
  found.lastSeq = Math.max(found.lastSeq, entry.seq);
  found.entries.set(entry.seq, stored(entry));
}

function stored(entry: QueueEntry): MemoryEntry {
  const body: SharedBody | undefined = entry.message === undefined ? undefined : entry.body;
  return { message: entry.message, delivery: entry.delivery, body, deliveryCount: entry.deliveryCount };
}

function dropQueue(disk: MemoryDisk, key: number): void {
  for (const { body } of disk.entries.get(key)?.entries.values() ?? []) {
    if (body !== undefined) body.references--;
  }
  disk.entries.delete(key);
  disk.queues.delete(key);
}
