/** How much of something all channels of a connection may hold together. */
export class Budget {
  readonly maximum: number;
  #used = 0;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  get used(): number {
    return this.#used;
  }

  /** Returns false, and has taken nothing, when it would be more than there is. */
  take(amount: number): boolean {
    if (this.#used + amount > this.maximum) return false;
    this.#used += amount;
    return true;
  }

  giveBack(amount: number): void {
    this.#used -= amount;
  }
}
