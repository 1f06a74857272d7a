/** A message in the client's hands. */
export interface UnsettledDelivery {
  readonly deliveryTag: number;
}

interface Slot<D> {
  readonly deliveryTag: number;
  /** Undefined: settled. */
  delivery: D | undefined;
}

/** Settled slots that are kept before the list is made anew. */
const KEPT_SLOTS = 1024;

/** What a channel has delivered and its client has not settled, by delivery tag. Tuned for settling in order. */
export class Unsettled<D extends UnsettledDelivery> {
  /** In order of delivery tags; those before #head are gone. */
  #slots: Slot<D>[] = [];
  #head = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** hot: its delivery tag is higher than all before. */
  add(delivery: D): void {
    this.#slots.push({ deliveryTag: delivery.deliveryTag, delivery });
    this.#count++;
  }

  /** hot: takes one out; undefined when there is none of this delivery tag. */
  take(deliveryTag: number): D | undefined {
    const slot = this.#slots[this.#find(deliveryTag)];
    if (slot?.deliveryTag !== deliveryTag) return undefined;
    return this.#takeFrom(slot);
  }

  /** Takes out all up to and including this one, in order; undefined when this one is not there. */
  takeUpTo(deliveryTag: number): D[] | undefined {
    const last = this.#find(deliveryTag);
    if (this.#slots[last]?.deliveryTag !== deliveryTag || this.#slots[last]?.delivery === undefined)
      return undefined;
    const taken: D[] = [];
    for (let i = this.#head; i <= last; i++) {
      const slot = this.#slots[i] as Slot<D>;
      if (slot.delivery !== undefined) taken.push(slot.delivery);
      slot.delivery = undefined;
    }
    this.#head = last + 1;
    this.#count -= taken.length;
    this.#tidy();
    return taken;
  }

  takeAll(): D[] {
    const taken = [...this.#live()];
    this.#slots = [];
    this.#head = 0;
    this.#count = 0;
    return taken;
  }

  /** Gives back what was taken out: where it was, as long as its slots are still there. */
  restore(deliveries: readonly D[]): void {
    const others = deliveries.filter((delivery) => !this.#putBack(delivery));
    if (others.length > 0) this.#merge(others);
  }

  #putBack(delivery: D): boolean {
    const place = this.#find(delivery.deliveryTag, 0);
    const slot = this.#slots[place];
    if (slot?.deliveryTag !== delivery.deliveryTag) return false;
    slot.delivery = delivery;
    this.#head = Math.min(this.#head, place);
    this.#count++;
    return true;
  }

  #merge(deliveries: readonly D[]): void {
    const all = [...this.#live(), ...deliveries].sort((one, other) => one.deliveryTag - other.deliveryTag);
    this.#slots = all.map((delivery) => ({ deliveryTag: delivery.deliveryTag, delivery }));
    this.#head = 0;
    this.#count = all.length;
  }

  *#live(): IterableIterator<D> {
    for (let i = this.#head; i < this.#slots.length; i++) {
      const { delivery } = this.#slots[i] as Slot<D>;
      if (delivery !== undefined) yield delivery;
    }
  }

  #takeFrom(slot: Slot<D>): D | undefined {
    const { delivery } = slot;
    if (delivery === undefined) return undefined;
    slot.delivery = undefined;
    this.#count--;
    while (this.#slots[this.#head] !== undefined && this.#slots[this.#head]?.delivery === undefined) {
      this.#head++;
    }
    this.#tidy();
    return delivery;
  }

  /** The slot of this delivery tag, or where it would be. */
  #find(deliveryTag: number, from = this.#head): number {
    let low = from;
    let high = this.#slots.length;
    if (this.#slots[low]?.deliveryTag === deliveryTag) return low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#slots[middle] as Slot<D>).deliveryTag < deliveryTag) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Settled slots cost memory: they go when they are most of the list. */
  #tidy(): void {
    if (this.#count === 0) {
      this.#slots.length = 0;
      this.#head = 0;
    } else if (this.#slots.length > KEPT_SLOTS && this.#slots.length > 2 * this.#count) {
      this.#slots = this.#slots.filter(({ delivery }) => delivery !== undefined);
      this.#head = 0;
    }
  }
}
