import type { Cancel, Clock } from "../base/clock.ts";
import type { FieldTable } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";
import type { RegisteredConsumer } from "./consumers.ts";
import type { QueueDelivery } from "./hosted-queue.ts";
import type { QueueCounters } from "./queue-counters.ts";

/** What becomes of a delivery: its queue decides. */
export interface DeliveryOwner<F> {
  acknowledged(delivery: HandedDelivery<F>): void;
  returned(delivery: HandedDelivery<F>): void;
  rejected(delivery: HandedDelivery<F>): void;
}

/** A message that was handed out; `F` is where it came from. */
export class HandedDelivery<F> implements QueueDelivery {
  readonly message: Message;
  readonly redelivered: boolean;
  readonly seq: number;
  readonly deliveryCount: number;
  readonly #showsCount: boolean;
  readonly from: F;
  /** Undefined: basic.get. */
  readonly holder: RegisteredConsumer | undefined;
  /** Milliseconds since the epoch. */
  readonly handedAt: number;
  /** Undefined once it is settled. */
  #owner: DeliveryOwner<F> | undefined;
  /** Neighbours in the list of what is in hands. */
  next: HandedDelivery<F> | undefined;
  previous: HandedDelivery<F> | undefined;

  /** hot: no object for the arguments. */
  constructor(
    message: Message,
    seq: number,
    deliveryCount: number,
    showsCount: boolean,
    redelivered: boolean,
    from: F,
    holder: RegisteredConsumer | undefined,
    handedAt: number,
    owner: DeliveryOwner<F> | undefined,
  ) {
    this.message = message;
    this.seq = seq;
    this.deliveryCount = deliveryCount;
    this.#showsCount = showsCount;
    this.redelivered = redelivered;
    this.from = from;
    this.holder = holder;
    this.handedAt = handedAt;
    this.#owner = owner;
    this.next = undefined;
    this.previous = undefined;
  }

  /** How often it was given back, as quorum queues say it. */
  get addedHeaders(): FieldTable | undefined {
    if (!this.#showsCount || this.deliveryCount === 0) return undefined;
    return [{ name: "x-delivery-count", field: { type: "l", value: BigInt(this.deliveryCount) } }];
  }

  acknowledge(): void {
    this.#settledBy()?.acknowledged(this);
  }

  requeue(): void {
    this.#settledBy()?.returned(this);
  }

  reject(): void {
    this.#settledBy()?.rejected(this);
  }

  /** Only once: what was settled is its queue's again. */
  #settledBy(): DeliveryOwner<F> | undefined {
    const owner = this.#owner;
    this.#owner = undefined;
    return owner;
  }
}

/** What is in consumers' hands, in the order it was handed out; tells those who hold something too long. */
export class Hands<F> {
  readonly #clock: Clock;
  readonly #timeoutMs: number | undefined;
  readonly #counters: Pick<QueueCounters, "timedOut">;
  #oldest: HandedDelivery<F> | undefined;
  #newest: HandedDelivery<F> | undefined;
  #cancel: Cancel | undefined;
  readonly #checkOldest = (): void => {
    this.#cancel = undefined;
    this.#tellHolders();
    this.#arm();
  };

  constructor(clock: Clock, timeoutMs: number | undefined, counters: Pick<QueueCounters, "timedOut">) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#counters = counters;
  }

  /** From the one that is held longest. */
  *all(): IterableIterator<HandedDelivery<F>> {
    for (let held = this.#oldest; held !== undefined; held = held.next) yield held;
  }

  // hot: once per message
  add(delivery: HandedDelivery<F>): void {
    delivery.previous = this.#newest;
    if (this.#newest === undefined) this.#oldest = delivery;
    else this.#newest.next = delivery;
    this.#newest = delivery;
    // Without an alarm there is nobody before it to be told.
    if (this.#cancel === undefined && isWaitedFor(delivery)) this.#armFor(delivery);
  }

  remove(delivery: HandedDelivery<F>): void {
    const { next, previous } = delivery;
    if (next === undefined) this.#newest = previous;
    else next.previous = previous;
    if (previous === undefined) this.#oldest = next;
    else previous.next = next;
    delivery.next = delivery.previous = undefined;
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#oldest = this.#newest = undefined;
  }

  #tellHolders(): void {
    const due = this.#clock.now() - (this.#timeoutMs ?? 0);
    const late = new Set<RegisteredConsumer>();
    for (let held = this.#oldest; held !== undefined && held.handedAt <= due; held = held.next) {
      if (held.holder !== undefined && !held.holder.hasTimedOut) late.add(held.holder);
    }
    for (const holder of late) {
      holder.hasTimedOut = true;
      this.#counters.timedOut++;
      holder.consumer.timedOut();
    }
  }

  /** For the oldest that belongs to somebody who has not been told. */
  #arm(): void {
    let held = this.#oldest;
    while (held !== undefined && !isWaitedFor(held)) held = held.next;
    if (held !== undefined) this.#armFor(held);
  }

  #armFor(held: HandedDelivery<F>): void {
    if (this.#timeoutMs === undefined || this.#cancel !== undefined) return;
    const delayMs = held.handedAt + this.#timeoutMs - this.#clock.now();
    this.#cancel = this.#clock.after(Math.max(0, delayMs), this.#checkOldest);
  }
}

/** A consumer that has not been told holds it. */
function isWaitedFor<F>({ holder }: HandedDelivery<F>): boolean {
  return holder !== undefined && !holder.hasTimedOut;
}
