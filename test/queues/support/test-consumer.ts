import type { FieldTable } from "../../../src/base/field-table.ts";
import type { Consuming, QueueConsumer, QueueDelivery } from "../../../src/queues/hosted-queue.ts";
import type { WorkQueue } from "../../../src/queues/work-queue.ts";
import type { Queue } from "../../../src/state/queue.ts";

interface Options {
  readonly noAck?: boolean;
  /** Unsettled messages at a time. */
  readonly prefetch?: number;
  readonly exclusive?: boolean;
  readonly arguments?: FieldTable;
}

/** A consumer that keeps what it gets. */
export class TestConsumer implements QueueConsumer {
  readonly noAck: boolean;
  readonly deliveries: QueueDelivery[] = [];
  /** What it has not settled, by text. */
  readonly held = new Map<string, QueueDelivery>();
  prefetch: number;
  isCancelled = false;
  timesTimedOut = 0;
  readonly #consuming: Consuming;

  constructor(queue: WorkQueue<Queue>, options: Options) {
    this.noAck = options.noAck ?? false;
    this.prefetch = options.prefetch ?? Number.POSITIVE_INFINITY;
    const { exclusive = false, arguments: table = [] } = options;
    this.#consuming = queue.consume({ tag: "", exclusive, arguments: table, consumer: this });
  }

  mayTake(): boolean {
    return this.held.size < this.prefetch;
  }

  deliver(delivery: QueueDelivery): void {
    this.deliveries.push(delivery);
    if (!this.noAck) this.held.set(textOf(delivery), delivery);
  }

  cancelled(): void {
    this.isCancelled = true;
  }

  timedOut(): void {
    this.timesTimedOut++;
  }

  ready(): void {
    this.#consuming.ready();
  }

  cancel(): void {
    this.#consuming.cancel();
  }

  /** As a channel that closes: the consumer goes, and what it holds goes back. */
  goAway(): void {
    this.cancel();
    for (const text of [...this.held.keys()]) this.requeue(text);
  }

  get texts(): string[] {
    return this.deliveries.map(textOf);
  }

  get redelivered(): string[] {
    return this.deliveries.filter((delivery) => delivery.redelivered).map(textOf);
  }

  acknowledge(text: string): void {
    this.#letGo(text).acknowledge();
  }

  requeue(text: string): void {
    this.#letGo(text).requeue();
  }

  reject(text: string): void {
    this.#letGo(text).reject();
  }

  #letGo(text: string): QueueDelivery {
    const delivery = this.held.get(text);
    if (delivery === undefined) throw new Error(`${text} is not in its hands`);
    this.held.delete(text);
    return delivery;
  }
}

export function textOf({ message }: QueueDelivery): string {
  return message.payload.toString();
}
