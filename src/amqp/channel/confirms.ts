import type { CommitWaiter } from "../ports.ts";

const Outcome = { Pending: 0, Acknowledged: 1, Rejected: 2 } as const;
type Outcome = (typeof Outcome)[keyof typeof Outcome];

const SMALLEST_WINDOW = 64;

export interface ConfirmsPorts {
  /** Something can be confirmed: `flush` is to be called when the current event is handled. */
  ready(confirms: Confirms): void;
  acknowledge(deliveryTag: number, multiple: boolean): void;
  reject(deliveryTag: number): void;
}

/**
 * What a channel in confirm mode owes its publisher. Publications are confirmed in their order, many with one
 * basic.ack; the token a commit is waited for with is the publication's delivery tag.
 *
 *     outcomes, a ring: [ sent | acknowledged, acknowledged, pending, acknowledged | free ]
 *                              ^ #first                                             ^ #next
 */
export class Confirms implements CommitWaiter {
  readonly #ports: ConfirmsPorts;
  #outcomes = new Uint8Array(SMALLEST_WINDOW);
  /** The delivery tag to be confirmed next. */
  #first = 1;
  /** The delivery tag of the next publication. */
  #next = 1;
  #isReady = false;

  constructor(ports: ConfirmsPorts) {
    this.#ports = ports;
  }

  get waitingCount(): number {
    return this.#next - this.#first;
  }

  /** hot: a publication came; returns its delivery tag. */
  add(): number {
    if (this.#next - this.#first === this.#outcomes.length) this.#grow();
    this.#outcomes[this.#next & (this.#outcomes.length - 1)] = Outcome.Pending;
    return this.#next++;
  }

  /** hot: all that depends on this publication is durable. */
  committed(deliveryTag: number): void {
    this.#settle(deliveryTag, Outcome.Acknowledged);
  }

  rejected(deliveryTag: number): void {
    this.#settle(deliveryTag, Outcome.Rejected);
  }

  flush(): void {
    this.#isReady = false;
    let acknowledged = 0;
    while (this.#first < this.#next) {
      const outcome = this.#outcomeOf(this.#first);
      if (outcome !== Outcome.Acknowledged && acknowledged > 0) {
        this.#ports.acknowledge(this.#first - 1, acknowledged > 1);
        acknowledged = 0;
      }
      if (outcome === Outcome.Pending) return;
      if (outcome === Outcome.Rejected) this.#ports.reject(this.#first);
      else acknowledged++;
      this.#first++;
    }
    if (acknowledged > 0) this.#ports.acknowledge(this.#first - 1, acknowledged > 1);
  }

  #outcomeOf(deliveryTag: number): number {
    return this.#outcomes[deliveryTag & (this.#outcomes.length - 1)] as number;
  }

  /** The first outcome counts: what was rejected by one queue is rejected. */
  #settle(deliveryTag: number, outcome: Outcome): void {
    if (deliveryTag < this.#first || this.#outcomeOf(deliveryTag) !== Outcome.Pending) return;
    this.#outcomes[deliveryTag & (this.#outcomes.length - 1)] = outcome;
    if (this.#isReady || deliveryTag !== this.#first) return;
    this.#isReady = true;
    this.#ports.ready(this);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#outcomes.length * 2);
    for (let tag = this.#first; tag < this.#next; tag++) {
      larger[tag & (larger.length - 1)] = this.#outcomeOf(tag);
    }
    this.#outcomes = larger;
  }
}
