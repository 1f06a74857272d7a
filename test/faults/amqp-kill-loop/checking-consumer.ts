import type { Arrival } from "../../support/amqp-peer.ts";
import type { AmqpLink } from "./amqp-link.ts";
import { sequenceOf } from "./numbered-publisher.ts";

export type Decision = "acknowledge" | "reject" | "return" | "hold";

export interface CheckingOptions {
  readonly queue: string;
  readonly prefetch: number;
  /** `times`: how often this message has come, this time included. */
  decide(sequence: number, times: number): Decision;
}

/**
 * Consumes with acknowledgements and looks at the order: in each connection a message comes after all before it, but
 * for those this consumer gave back; what comes again is marked as redelivered.
 */
export class CheckingConsumer {
  readonly queue: string;
  /** How often each message has come. */
  readonly delivered = new Map<number, number>();
  readonly acknowledged = new Set<number>();
  readonly faults: string[] = [];
  readonly #options: CheckingOptions;
  #returned = new Set<number>();
  #last = 0;
  #link: AmqpLink | undefined;
  #channel = 0;
  /** Messages that were delivered again although they had been acknowledged: the acknowledgement was lost with the process. */
  repeats = 0;
  onDelivery: (() => void) | undefined;

  constructor(options: CheckingOptions) {
    this.queue = options.queue;
    this.#options = options;
  }

  async connect(link: AmqpLink): Promise<void> {
    this.#last = 0;
    this.#returned = new Set();
    this.#link = link;
    this.#channel = await link.openChannel((arrival) => this.#arrived(arrival));
    const { prefetch } = this.#options;
    await link.ask(this.#channel, {
      kind: "basic.qos",
      prefetchSize: 0,
      prefetchCount: prefetch,
      global: false,
    });
    await link.ask(this.#channel, {
      kind: "basic.consume",
      queue: this.queue,
      consumerTag: "checking",
      noLocal: false,
      noAck: false,
      exclusive: false,
      noWait: false,
      arguments: [],
    });
  }

  #arrived({ method, body }: Arrival): void {
    if (method.kind !== "basic.deliver") return;
    const sequence = sequenceOf(body);
    const before = this.delivered.get(sequence) ?? 0;
    this.delivered.set(sequence, before + 1);
    if (before > 0 && !method.redelivered) this.faults.push(`${this.queue}: ${sequence} came again as new`);
    if (this.acknowledged.has(sequence)) this.repeats++;
    this.#checkOrder(sequence);
    this.#settle(sequence, method.deliveryTag, before + 1);
    this.onDelivery?.();
  }

  #checkOrder(sequence: number): void {
    if (sequence > this.#last) this.#last = sequence;
    else if (!this.#returned.delete(sequence)) {
      this.faults.push(`${this.queue}: ${sequence} came after ${this.#last}`);
    }
  }

  #settle(sequence: number, deliveryTag: number, times: number): void {
    switch (this.#options.decide(sequence, times)) {
      case "acknowledge":
        this.acknowledged.add(sequence);
        this.#link?.send(this.#channel, { kind: "basic.ack", deliveryTag, multiple: false });
        return;
      case "reject":
        this.#link?.send(this.#channel, { kind: "basic.reject", deliveryTag, requeue: false });
        return;
      case "return":
        this.#returned.add(sequence);
        this.#link?.send(this.#channel, { kind: "basic.nack", deliveryTag, multiple: false, requeue: true });
        return;
      case "hold":
        return;
    }
  }
}
