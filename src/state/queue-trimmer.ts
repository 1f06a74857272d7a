import type { Clock } from "../base/clock.ts";
import type { Operation } from "./operations.ts";
import type { Queue } from "./queue.ts";
import type { QueueEntry } from "./records.ts";
import type { StateStore } from "./store.ts";

export interface TrimmerPorts {
  readonly store: Pick<StateStore, "readEntries">;
  readonly clock: Clock;
  append(operation: Operation): void;
}

/** Queues that are read at the same time, each a page of at most 1 MiB. */
const AT_ONCE = 4;
const READ_AGAIN_MS = 1000;

/**
 * Makes room in full queues whose oldest entries are only on disk: reads them, and hands what was read over in an
 * operation, because `apply` reads nothing. A queue is in here once at most.
 */
export class QueueTrimmer {
  readonly #ports: TrimmerPorts;
  readonly #waiting = new Set<Queue>();
  #running = 0;
  #isClosed = false;

  constructor(ports: TrimmerPorts) {
    this.#ports = ports;
  }

  /** From inside `apply`, too: nothing happens before the next turn. */
  request(queue: Queue): void {
    if (this.#isClosed) return;
    if (queue.freshUntil > this.#ports.clock.now()) {
      queue.trimmed(queue.freshUntil);
      return;
    }
    this.#waiting.add(queue);
    if (this.#waiting.size === 1) setImmediate(() => this.#next());
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
  }

  #next(): void {
    for (const queue of this.#waiting) {
      if (this.#running >= AT_ONCE) return;
      this.#waiting.delete(queue);
      void this.#trim(queue);
    }
  }

  async #trim(queue: Queue): Promise<void> {
    this.#running++;
    try {
      await this.#readAndDisplace(queue);
    } catch {
      // what cannot be read is noticed by its consumer, and reported; until then the queue stays over its limit
      this.#ports.clock.after(READ_AGAIN_MS, () => queue.trimmed(0));
    } finally {
      this.#running--;
      this.#next();
    }
  }

  async #readAndDisplace(queue: Queue): Promise<void> {
    const { store, clock } = this.#ports;
    const page = queue.trimPage();
    if (page === undefined) {
      queue.trimmed(0);
      return;
    }
    const { fromSeq, toSeq, limit, maximumBytes } = page;
    const entries = await store.readEntries(queue, fromSeq, toSeq, limit, maximumBytes);
    if (this.#isClosed) return;
    const now = clock.now();
    if (entries.length > 0) this.#ports.append({ type: "displace", queue, entries, at: now });
    queue.trimmed(firstExpiry(entries, now), entries.length === 0 ? toSeq : 0);
  }
}

/** When the first entry that has not expired does; for ever when it never does, 0 when all had. */
function firstExpiry(entries: readonly QueueEntry[], now: number): number {
  for (const { message } of entries) {
    if (message === undefined || message.expiresAt === 0) return Number.POSITIVE_INFINITY;
    if (message.expiresAt > now) return message.expiresAt;
  }
  return 0;
}
