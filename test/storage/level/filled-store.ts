import { slotOf } from "../../../src/base/ids.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import type { QueueRecord } from "../../../src/state/records.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { aBody, aMessage, anEntry, aQueue, aSession, clientIdOf, filterOf, Loaded } from "../samples.ts";

const OPTIONS = {
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const;
const OVERHEAD_BYTES = 64;
const LARGE_BYTES = 2000;

/** Sessions `a` and `b`, a subscription and a received id of each, and their queues with the same shared messages. */
export const FILLED = {
  /** Entries of each session's queue: the even ones share a body with the other's. */
  entries: 20,
  queueA: aRecord("a", 1),
  queueB: aRecord("b", 2),
} as const;

function aRecord(clientId: string, id: number): QueueRecord {
  const name = `session/${clientId}`;
  return aQueue({ slot: slotOf(name), id, name, headSeq: 0, nextSeq: 20, count: 20, bytes: bytesOf(20) });
}

function bytesOf(entries: number): number {
  let bytes = 0;
  for (let seq = 0; seq < entries; seq++) bytes += OVERHEAD_BYTES + payloadOf(seq).length;
  return bytes;
}

function payloadOf(seq: number): Buffer {
  return seq % 2 === 0 ? Buffer.alloc(LARGE_BYTES, seq) : Buffer.from(`message ${seq}`);
}

/** A store in which everything agrees; closed. */
export async function fillStore(folder: string): Promise<void> {
  const store = new LevelStore({ folder, sync: true }, silentLogger);
  await store.open(new Loaded());
  for (const [clientId, queue] of [
    ["a", FILLED.queueA],
    ["b", FILLED.queueB],
  ] as const) {
    const session = aSession(clientId, { queueId: queue.id, disconnectedAt: 5 });
    store.putSession(session);
    store.putSubscription(session.slot, clientIdOf(clientId), filterOf(`to/${clientId}`), OPTIONS);
    store.putReceived(session.slot, clientIdOf(clientId), 7);
    store.putQueue(queue);
  }
  for (let seq = 0; seq < FILLED.entries; seq++) {
    const message = aMessage({ payload: payloadOf(seq) });
    const body = seq % 2 === 0 ? aBody(FILLED.queueA, seq) : undefined;
    store.putEntry(FILLED.queueA, anEntry(seq, { message, body }));
    store.putEntry(FILLED.queueB, anEntry(seq, { message, body }));
  }
  store.putRetained(aMessage({ topicName: "plant/1/state", retain: true }));
  store.putDefinition("exchange/x", Buffer.from("definition"));
  await store.commit();
  await store.close();
}
