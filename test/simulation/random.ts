/** Numbers that follow from a seed (mulberry32): everything random in a simulation comes from here. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 … 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 … count - 1. */
  below(count: number): number {
    return this.next() % count;
  }

  chance(probability: number): boolean {
    return this.next() < probability * 0x1_0000_0000;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** An index, more often the larger its weight is. */
  weighted(weights: readonly number[], sum: number): number {
    let rest = this.below(sum);
    return weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
  }
}
