import type { BasicProperties } from "../codec/basic-properties.ts";
import type { Method } from "../codec/methods.generated.ts";
import type { QueueDelivery } from "../ports.ts";
import { AnswerOrder } from "./answer-order.ts";
import type { ChannelEnd, ChannelLink } from "./channel-link.ts";
import { writeAckFrame, writeNackFrame } from "./confirm-frames.ts";
import { Confirms } from "./confirms.ts";
import type { Consumer, ConsumingChannel } from "./consumer.ts";
import { ContentAssembly } from "./content-assembly.ts";
import { sendDelivery } from "./deliveries.ts";
import type { HeldDelivery, Holder, Settlement } from "./held-delivery.ts";
import type { ReplyConsumer } from "./reply-consumers.ts";
import type { Transaction } from "./transaction.ts";
import { Unsettled } from "./unsettled.ts";

interface DirectReplies {
  /** What requests carry in reply-to. */
  readonly name: string;
  readonly consumerTag: string;
}

/** One channel (AMQP 0-9-1 §2.2.5): what it consumes, what its client holds, what it owes its client. */
export class Channel implements ChannelEnd, ConsumingChannel, ReplyConsumer {
  readonly number: number;
  readonly link: ChannelLink;
  readonly answers: AnswerOrder;
  readonly assembly: ContentAssembly;
  readonly consumers = new Map<string, Consumer>();
  readonly unsettled = new Unsettled<HeldDelivery>();
  /** For a method without a queue's name. */
  lastQueue = "";
  /** For consumers to come; 0 = no limit. */
  prefetchCount = 0;
  confirms: Confirms | undefined;
  transaction: Transaction | undefined;
  /** Of all consumers together; 0 = no limit. */
  #channelPrefetch = 0;
  #heldByConsumers = 0;
  #lastDeliveryTag = 0;
  #lastConsumer = 0;
  #directReplies: DirectReplies | undefined;
  #isClosed = false;

  constructor(number: number, link: ChannelLink) {
    this.number = number;
    this.link = link;
    this.answers = new AnswerOrder(() => link.answered(this.answers.waitingCount));
    this.assembly = new ContentAssembly(link.options.maximumMessageSize, link.assemblyBudget);
  }

  /** We closed it, or the client did: nothing but its close and close-ok counts any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get directReplies(): DirectReplies | undefined {
    return this.#directReplies;
  }

  send(method: Method): void {
    if (!this.#isClosed) this.link.send(this.number, method);
  }

  /** Answers in the order of the requests; nothing when the client does not want to be answered. */
  answer(method: Method, noWait = false): void {
    if (!noWait) this.answers.now(() => this.send(method));
  }

  nextDeliveryTag(): number {
    return ++this.#lastDeliveryTag;
  }

  nextConsumerTag(): string {
    return `amq.ctag-${this.link.ports.randomId()}-${++this.#lastConsumer}`;
  }

  // consumers

  /** Whether consumers may get one more delivery that has to be settled. */
  get mayHoldMore(): boolean {
    return this.#channelPrefetch === 0 || this.#heldByConsumers < this.#channelPrefetch;
  }

  /** Its queue knows it. */
  addConsumer(consumer: Consumer): void {
    this.consumers.set(consumer.tag, consumer);
    this.link.consumerBudget.take(1);
  }

  removeConsumer(tag: string): void {
    if (this.consumers.delete(tag)) this.link.consumerBudget.giveBack(1);
  }

  consumerCancelled(tag: string): void {
    this.removeConsumer(tag);
    if (this.link.wantsCancel) this.send({ kind: "basic.cancel", consumerTag: tag, noWait: true });
  }

  limitChannel(prefetchCount: number): void {
    this.#channelPrefetch = prefetchCount;
    this.wakeConsumers();
  }

  /** They may be able to take more. */
  wakeConsumers(): void {
    for (const consumer of this.consumers.values()) consumer.wake();
  }

  /** hot: a delivery that the client will settle. */
  hold(deliveryTag: number, delivery: QueueDelivery, consumer: Holder | undefined): void {
    this.unsettled.add({ deliveryTag, delivery, consumer });
    if (consumer === undefined) return;
    consumer.heldCount++;
    this.#heldByConsumers++;
  }

  /** hot: a delivery that was taken out of `unsettled`. */
  settle({ delivery, consumer }: HeldDelivery, settlement: Settlement): void {
    const wasFull = !this.mayHoldMore;
    if (consumer !== undefined) {
      consumer.heldCount--;
      this.#heldByConsumers--;
    }
    this.link.counters.settled++;
    if (settlement === "acknowledge") delivery.acknowledge();
    else if (settlement === "requeue") delivery.requeue();
    else delivery.reject();
    if (wasFull && this.mayHoldMore) this.wakeConsumers();
  }

  // confirms

  startConfirming(): void {
    const { link, number } = this;
    this.confirms ??= new Confirms({
      ready: (confirms) => link.confirmsReady(confirms),
      acknowledge: (deliveryTag, multiple) => {
        if (!this.#isClosed) writeAckFrame(link.output, number, deliveryTag, multiple);
      },
      reject: (deliveryTag) => {
        if (!this.#isClosed) writeNackFrame(link.output, number, deliveryTag);
      },
    });
  }

  // direct replies

  startDirectReplies(consumerTag: string): void {
    const name = this.link.replyConsumers.add(this.link.host.name, this);
    this.#directReplies = { name, consumerTag };
  }

  endDirectReplies(): void {
    if (this.#directReplies === undefined) return;
    this.link.replyConsumers.remove(this.link.host.name, this.#directReplies.name);
    this.#directReplies = undefined;
  }

  deliverReply(routingKey: string, properties: BasicProperties, body: Buffer): void {
    const { link } = this;
    if (this.#directReplies === undefined || this.#isClosed) return;
    if (!link.isWritable) {
      link.ports.counters.drop("slow_receiver");
      return;
    }
    const { consumerTag } = this.#directReplies;
    const deliveryTag = this.nextDeliveryTag();
    const address = { exchange: "", routingKey };
    sendDelivery(this, { consumerTag, deliveryTag, redelivered: false, ...address, properties, body });
  }

  // the end

  /** No more deliveries, and no answers; what its client holds is still its own. */
  stop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.answers.close();
    this.assembly.clear();
    this.endDirectReplies();
    for (const consumer of this.consumers.values()) consumer.cancel();
    this.link.consumerBudget.giveBack(this.consumers.size);
    this.consumers.clear();
  }

  /** After `stop`: what its client holds goes back to the queues. */
  giveBack(): void {
    const held = this.transaction?.rollback() ?? [];
    for (const entry of [...this.unsettled.takeAll(), ...held]) entry.delivery.requeue();
  }
}
