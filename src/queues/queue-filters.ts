import { filterMatches } from "../base/topic-filter.ts";

/** The topic filters by which queues are bound to the exchange `mqtt`: each once, however many bindings name it. */
export class QueueFilters {
  /** By queue and filter: how many bindings, which differ in their arguments. */
  readonly #counts = new Map<string, Map<string, number>>();

  has(queue: string): boolean {
    return this.#counts.has(queue);
  }

  /** Whether one of the queue's filters matches. */
  reaches(queue: string, topicName: string): boolean {
    for (const filter of this.#counts.get(queue)?.keys() ?? []) {
      if (filterMatches(filter, topicName)) return true;
    }
    return false;
  }

  /** Returns whether it is the first binding by this filter. */
  add(queue: string, filter: string): boolean {
    const counts = this.#counts.get(queue) ?? new Map<string, number>();
    const count = counts.get(filter) ?? 0;
    counts.set(filter, count + 1);
    if (counts.size === 1) this.#counts.set(queue, counts);
    return count === 0;
  }

  /** Returns whether it was the last binding by this filter. */
  remove(queue: string, filter: string): boolean {
    const counts = this.#counts.get(queue);
    const count = counts?.get(filter);
    if (counts === undefined || count === undefined) return false;
    if (count > 1) {
      counts.set(filter, count - 1);
      return false;
    }
    counts.delete(filter);
    if (counts.size === 0) this.#counts.delete(queue);
    return true;
  }
}
