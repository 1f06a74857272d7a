import type { BridgeRow, QueueRow } from "../../base/inspection.ts";
import type { Listing } from "./lister.ts";

interface CountedQueue {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** What differs between the queues of a broker that runs and those of a folder. */
export interface QueueListingPorts<Queue> {
  items(): Iterator<Queue>;
  ageOf(queue: Queue): Promise<number | null>;
  /** Null when no broker runs. */
  consumersOf(queue: Queue): number | null;
}

export function queueListing<Queue extends CountedQueue>(
  ports: QueueListingPorts<Queue>,
): Listing<Queue, QueueRow> {
  return {
    items: () => ports.items(),
    nameOf: ({ name }) => name,
    weightOf: (queue, sort) => (sort === "bytes" ? queue.bytes : queue.count),
    ageOf: (queue) => ports.ageOf(queue),
    rowOf: async (queue) => ({
      name: queue.name,
      messages: queue.count,
      bytes: queue.bytes,
      oldestMs: await ports.ageOf(queue),
      consumers: ports.consumersOf(queue),
    }),
  };
}

/** Of rows as they are; their age is that of what waits longest. */
export function bridgeListing(rows: () => Iterator<BridgeRow>): Listing<BridgeRow, BridgeRow> {
  return {
    items: rows,
    nameOf: ({ name }) => name,
    weightOf: (row, sort) => (sort === "bytes" ? row.bytes : row.messages),
    ageOf: async (row) => row.lagMs,
    rowOf: async (row) => row,
  };
}
