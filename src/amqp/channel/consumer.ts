import { AmqpChannelError } from "../codec/amqp-error.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { Consuming, QueueConsumer, QueueDelivery } from "../ports.ts";
import type { ChannelEnd } from "./channel-link.ts";
import { deliverFrom } from "./deliveries.ts";
import type { HeldDelivery, Holder, Settlement } from "./held-delivery.ts";
import type { Unsettled } from "./unsettled.ts";

/** The channel of a consumer, as the consumer sees it. */
export interface ConsumingChannel extends ChannelEnd {
  /** Another delivery that has to be settled may go out. */
  readonly mayHoldMore: boolean;
  readonly unsettled: Unsettled<HeldDelivery>;
  nextDeliveryTag(): number;
  hold(deliveryTag: number, delivery: QueueDelivery, consumer: Holder): void;
  settle(held: HeldDelivery, settlement: Settlement): void;
  /** The queue of this consumer is gone. */
  consumerCancelled(tag: string): void;
}

export interface ConsumerOptions {
  readonly tag: string;
  readonly queue: string;
  readonly noAck: boolean;
  /** Deliveries it may hold; 0 = no limit. */
  readonly prefetchCount: number;
}

/** One consumer of a channel (AMQP 0-9-1 §3.1.6). */
export class Consumer implements QueueConsumer, Holder {
  readonly tag: string;
  readonly queue: string;
  readonly noAck: boolean;
  /** Deliveries its client holds. */
  heldCount = 0;
  readonly #channel: ConsumingChannel;
  #prefetchCount: number;
  #consuming: Consuming | undefined;
  /** consume-ok has been sent: nothing is delivered before. */
  #isStarted = false;
  /** It could not take more when it was asked. */
  #isHeldUp = false;

  constructor(channel: ConsumingChannel, { tag, queue, noAck, prefetchCount }: ConsumerOptions) {
    this.#channel = channel;
    this.tag = tag;
    this.queue = queue;
    this.noAck = noAck;
    this.#prefetchCount = prefetchCount;
  }

  get client(): string {
    const { identity, remoteAddress } = this.#channel.link;
    return identity.user === "" ? remoteAddress : `${identity.user} ${remoteAddress}`;
  }

  /** Its queue knows it. */
  registered(consuming: Consuming): void {
    this.#consuming = consuming;
  }

  /** The client knows it. */
  start(): void {
    this.#isStarted = true;
    this.wake();
  }

  limit(prefetchCount: number): void {
    this.#prefetchCount = prefetchCount;
    this.wake();
  }

  /** It may be able to take more. */
  wake(): void {
    if (!this.#isHeldUp) return;
    this.#isHeldUp = false;
    this.#consuming?.ready();
  }

  cancel(): void {
    const consuming = this.#consuming;
    this.#consuming = undefined;
    consuming?.cancel();
  }

  // as its queue sees it

  // hot: once per message
  mayTake(): boolean {
    const mayTake = this.#isStarted && this.#channel.link.isWritable && (this.noAck || this.#mayHoldMore);
    if (!mayTake) this.#isHeldUp = true;
    return mayTake;
  }

  // hot: once per message
  deliver(delivery: QueueDelivery): void {
    const channel = this.#channel;
    try {
      const deliveryTag = channel.nextDeliveryTag();
      if (!this.noAck) channel.hold(deliveryTag, delivery, this);
      if (!deliverFrom(channel, this.queue, this.tag, deliveryTag, delivery)) this.#refuse(deliveryTag);
    } catch (error) {
      channel.link.fail(error, channel.number);
    }
  }

  cancelled(): void {
    this.#consuming = undefined;
    this.#channel.consumerCancelled(this.tag);
  }

  timedOut(): void {
    const { link, number } = this.#channel;
    const detail = `delivery acknowledgement on channel ${number} timed out`;
    link.fail(new AmqpChannelError(ReplyCode.PreconditionFailed, detail), number);
  }

  get #mayHoldMore(): boolean {
    const isBelowOwn = this.#prefetchCount === 0 || this.heldCount < this.#prefetchCount;
    return isBelowOwn && this.#channel.mayHoldMore;
  }

  /** Its properties do not fit into a frame of this client's. */
  #refuse(deliveryTag: number): void {
    const channel = this.#channel;
    channel.link.ports.counters.drop("packet_too_large");
    const held = this.noAck ? undefined : channel.unsettled.take(deliveryTag);
    if (held !== undefined) channel.settle(held, "reject");
  }
}
