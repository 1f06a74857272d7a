import type { Message } from "../base/message.ts";

/** A message that can be handed out. */
export interface ReadyEntry {
  readonly seq: number;
  readonly message: Message | undefined;
  readonly deliveryCount: number;
}

/** Entries of a lane that consumers gave back, the one with the lowest place first: a binary heap. */
export class ReturnedEntries {
  readonly #heap: ReadyEntry[] = [];

  get count(): number {
    return this.#heap.length;
  }

  get first(): ReadyEntry | undefined {
    return this.#heap[0];
  }

  add(entry: ReadyEntry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as ReadyEntry;
      if (parent.seq <= entry.seq) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const below = this.#lowestBelow(at);
      const child = heap[below];
      if (child === undefined || child.seq >= last.seq) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #lowestBelow(at: number): number {
    const left = 2 * at + 1;
    const [a, b] = [this.#heap[left], this.#heap[left + 1]];
    return a !== undefined && b !== undefined && b.seq < a.seq ? left + 1 : left;
  }
}
