/** Keeps the items with the highest weights of all it is shown, at most `limit`: a heap with the lightest on top. */
export class TopRows<Item> {
  readonly #limit: number;
  readonly #heap: { readonly item: Item; readonly weight: number }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: Item, weight: number): void {
    if (this.#heap.length < this.#limit) {
      this.#heap.push({ item, weight });
      this.#rise(this.#heap.length - 1);
    } else if (weight > this.#weightAt(0)) {
      this.#heap[0] = { item, weight };
      this.#sink(0);
    }
  }

  /** The heaviest first. */
  inOrder(): Item[] {
    return [...this.#heap].sort((a, b) => b.weight - a.weight).map(({ item }) => item);
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (this.#weightAt(parent) <= this.#weightAt(at)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      const lighter = this.#weightAt(left + 1) < this.#weightAt(left) ? left + 1 : left;
      if (this.#weightAt(at) <= this.#weightAt(lighter)) return;
      this.#swap(at, lighter);
      at = lighter;
    }
  }

  #weightAt(at: number): number {
    return this.#heap[at]?.weight ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a];
    this.#heap[a] = this.#heap[b] as { item: Item; weight: number };
    this.#heap[b] = held as { item: Item; weight: number };
  }
}
