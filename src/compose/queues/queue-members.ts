import type { TopicName } from "../../base/ids.ts";
import type { Logger } from "../../base/logger.ts";
import type { Message } from "../../base/message.ts";
import type { Delivery } from "../../base/queued-message.ts";
import { Refusal } from "../../base/refusal.ts";
import { toTopicName } from "../../base/topic-name.ts";
import type { Group, GroupMember } from "../../mqtt/ports.ts";
import type { Consuming, QueueConsumer, QueueDelivery } from "../../queues/hosted-queue.ts";
import { toTopicOf } from "../../queues/topic-view.ts";
import type { VirtualHost } from "../../queues/virtual-host.ts";
import type { Queue } from "../../state/queue.ts";

/** A message from a queue is acknowledged by PUBACK. */
const DELIVERY: Delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] };

/** MQTT clients that consume queues: a subscription to `$queue/{name}` is one of the queue's competing consumers. */
export class QueueMembers {
  readonly #host: () => VirtualHost<Queue> | undefined;
  readonly #logger: Logger;
  readonly #members = new Map<GroupMember, QueueMember>();

  constructor(host: () => VirtualHost<Queue> | undefined, logger: Logger) {
    this.#host = host;
    this.#logger = logger;
  }

  hasQueue(name: string): boolean {
    return this.#host()?.hasQueue(name) === true;
  }

  join(queueName: string, member: GroupMember): Group {
    const queueMember = new QueueMember(queueName, member, this.#host, this.#logger);
    this.#members.set(member, queueMember);
    queueMember.memberChanged();
    return queueMember;
  }

  leave(member: GroupMember): void {
    this.#members.get(member)?.leave();
    this.#members.delete(member);
  }
}

/** One client's part in a queue: it consumes while the client is connected. */
class QueueMember implements Group, QueueConsumer {
  readonly noAck = false;
  readonly #queueName: string;
  readonly #member: GroupMember;
  readonly #host: () => VirtualHost<Queue> | undefined;
  readonly #logger: Logger;
  #consuming: Consuming | undefined;
  #nextSeq = 0;

  constructor(
    queueName: string,
    member: GroupMember,
    host: () => VirtualHost<Queue> | undefined,
    logger: Logger,
  ) {
    this.#queueName = queueName;
    this.#member = member;
    this.#host = host;
    this.#logger = logger;
  }

  /** It came, went, or can take more. */
  memberChanged(): void {
    if (!this.#member.isConnected) this.leave();
    else if (this.#consuming === undefined) this.#consume();
    else this.#consuming.ready();
  }

  leave(): void {
    this.#consuming?.cancel();
    this.#consuming = undefined;
  }

  // as a consumer of the queue

  get client(): string {
    return this.#member.clientId;
  }

  mayTake(): boolean {
    return this.#member.isReady;
  }

  deliver(delivery: QueueDelivery): void {
    const message = { ...delivery.message, topicName: this.#topicOf(delivery.message), qos: 1 as const };
    this.#member.take({
      queued: { seq: this.#nextSeq++, message, delivery: DELIVERY },
      settled: () => delivery.acknowledge(),
      returned: () => delivery.requeue(),
    });
  }

  /** The queue was deleted: a queue of that name that comes later is consumed when the client connects again. */
  cancelled(): void {
    this.#consuming = undefined;
  }

  /**
   * Unlike a channel, its connection goes on: it serves more than this queue. What it holds stays its own and may still
   * be acknowledged, but it gets nothing more from the queue until it connects or subscribes again.
   */
  timedOut(): void {
    const rule = "consumer timeout (queues.consumerTimeout, x-consumer-timeout)";
    this.#logger.warn(
      { clientId: this.client, queue: this.#queueName, rule },
      "a client has not acknowledged in time and gets nothing more from its $queue subscription",
    );
  }

  #consume(): void {
    const queue = this.#queueName;
    try {
      const request = { queue, tag: "mqtt", exclusive: false, arguments: [], consumer: this };
      this.#consuming = this.#host()?.consume(request, undefined);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const fields = { clientId: this.client, queue, reason: error.message };
      this.#logger.warn(fields, "a client's $queue subscription gets nothing");
    }
  }

  /** What came over AMQP alone has no topic: its routing key as one, or the queue's name. */
  #topicOf({ topicName, envelope }: Message): TopicName {
    if (topicName !== "" || envelope === undefined) return topicName;
    const { exchange, routingKey } = envelope;
    const topic = toTopicOf(exchange, routingKey) ?? toTopicName(this.#queueName) ?? "queue";
    return topic as TopicName;
  }
}
