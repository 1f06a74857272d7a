/**
 * A map for what mostly has one entry: that one is held without a Map, which takes about 200 bytes even when small.
 * Entries come in the order in which they were set first, as in a Map.
 */
export class SmallMap<K, V extends NonNullable<unknown>> {
  #key: K | undefined;
  #value: V | undefined;
  /** Holds all entries from the second on, and stays. */
  #many: Map<K, V> | undefined;

  get size(): number {
    return this.#many?.size ?? (this.#value === undefined ? 0 : 1);
  }

  get(key: K): V | undefined {
    if (this.#many !== undefined) return this.#many.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    if (this.#many !== undefined) {
      this.#many.set(key, value);
    } else if (this.#value === undefined || this.#key === key) {
      this.#key = key;
      this.#value = value;
    } else {
      this.#many = new Map([
        [this.#key as K, this.#value],
        [key, value],
      ]);
      this.#key = this.#value = undefined;
    }
  }

  /** Returns whether there was one. */
  delete(key: K): boolean {
    if (this.#many !== undefined) return this.#many.delete(key);
    const wasThere = this.has(key);
    if (wasThere) this.#key = this.#value = undefined;
    return wasThere;
  }

  keys(): Iterable<K> {
    if (this.#many !== undefined) return this.#many.keys();
    return this.#value === undefined ? [] : [this.#key as K];
  }

  values(): Iterable<V> {
    if (this.#many !== undefined) return this.#many.values();
    return this.#value === undefined ? [] : [this.#value];
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    const only: [K, V][] = this.#value === undefined ? [] : [[this.#key as K, this.#value]];
    return (this.#many ?? only)[Symbol.iterator]();
  }
}
