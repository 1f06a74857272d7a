import type { QueueEntry, QueueRecord } from "../../state/records.ts";
import type { StateStore } from "../../state/store.ts";

/** A released entry has no message and so no age: the first of these that has one counts. */
const HEAD_ENTRIES = 8;
const HEAD_BYTES = 4096;

/** When the oldest message on disk came, in milliseconds since the epoch; undefined when none can be told. */
export async function oldestStored(
  store: Pick<StateStore, "readEntries">,
  queue: Pick<QueueRecord, "slot" | "id" | "headSeq" | "nextSeq" | "count">,
): Promise<number | undefined> {
  if (queue.count === 0) return undefined;
  const entries = await store.readEntries(queue, queue.headSeq, queue.nextSeq, HEAD_ENTRIES, HEAD_BYTES);
  return receivedAt(entries);
}

function receivedAt(entries: readonly QueueEntry[]): number | undefined {
  return entries.find(({ message }) => message !== undefined)?.message?.receivedAt;
}

/** Never negative: the clock may have been set back. */
export function ageOf(at: number | undefined, now: number): number | null {
  return at === undefined ? null : Math.max(0, now - at);
}
