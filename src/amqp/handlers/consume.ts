import type { Channel } from "../channel/channel.ts";
import { Consumer } from "../channel/consumer.ts";
import { answerGet } from "../channel/deliveries.ts";
import { REPLY_QUEUE } from "../channel/reply-consumers.ts";
import { AmqpChannelError, AmqpConnectionError } from "../codec/amqp-error.ts";
import {
  type BasicCancel,
  type BasicConsume,
  type BasicGet,
  type BasicQos,
  METHOD_IDS,
} from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { cleanName, queueNamed } from "./names.ts";

const CONSUME_ID = METHOD_IDS["basic.consume"];
/** A client may name its product so to have prefetch counts reach only consumers to come. */
const RABBITMQ = "RabbitMQ";

/** basic.consume (AMQP 0-9-1 §1.8.3.3). */
export function handleConsume(channel: Channel, method: BasicConsume): void {
  const { noAck, exclusive, noWait } = method;
  const tag = method.consumerTag === "" ? channel.nextConsumerTag() : method.consumerTag;
  refuseUsedTag(channel, tag);
  if (cleanName(method.queue) === REPLY_QUEUE) {
    consumeReplies(channel, method, tag);
    return;
  }
  const { prefetchCount, link } = channel;
  refuseMoreConsumers(channel);
  const queue = queueNamed(channel, method.queue);
  const consumer = new Consumer(channel, { tag, queue, noAck, prefetchCount });
  const request = { queue, tag, exclusive, arguments: method.arguments, consumer };
  consumer.registered(link.host.consume(request, link));
  channel.addConsumer(consumer);
  channel.answers.now(() => {
    if (!noWait) channel.send({ kind: "basic.consume-ok", consumerTag: tag });
    consumer.start();
  });
}

/** basic.cancel; what it holds stays the client's. A consumer that is not there is cancelled already. */
export function handleCancel(channel: Channel, { consumerTag, noWait }: BasicCancel): void {
  if (channel.directReplies?.consumerTag === consumerTag) channel.endDirectReplies();
  const consumer = channel.consumers.get(consumerTag);
  channel.removeConsumer(consumerTag);
  consumer?.cancel();
  channel.answer({ kind: "basic.cancel-ok", consumerTag }, noWait);
}

/** basic.get (AMQP 0-9-1 §1.8.3.10): the answer may have to be read from disk. */
export function handleGet(channel: Channel, { queue: given, noAck }: BasicGet): void {
  const queue = queueNamed(channel, given);
  const { answers, link } = channel;
  const token = answers.expectSoon();
  try {
    link.host.get(queue, noAck, link, (delivery, remaining) => {
      const send = (): void => {
        if (delivery === undefined) channel.send({ kind: "basic.get-empty" });
        else giveMessage(channel, queue, noAck, delivery, remaining);
      };
      answers.give(token, send, () => delivery?.requeue());
    });
  } catch (error) {
    answers.withdraw(token);
    throw error;
  }
}

/**
 * basic.qos: with global for all consumers of the channel together, else for each; as RabbitMQ does, that is for those to
 * come. Clients that do not take us for RabbitMQ expect it to reach those that are there too.
 */
export function handleQos(channel: Channel, { prefetchSize, prefetchCount, global }: BasicQos): void {
  if (prefetchSize !== 0) {
    throw new AmqpConnectionError(
      ReplyCode.NotImplemented,
      `prefetch_size!=0 (${prefetchSize})`,
      METHOD_IDS["basic.qos"],
    );
  }
  if (global) channel.limitChannel(prefetchCount);
  else {
    channel.prefetchCount = prefetchCount;
    const reachesExisting = channel.link.options.product !== RABBITMQ;
    if (reachesExisting) for (const consumer of channel.consumers.values()) consumer.limit(prefetchCount);
  }
  channel.answer({ kind: "basic.qos-ok" });
}

function giveMessage(
  channel: Channel,
  queue: string,
  noAck: boolean,
  delivery: Parameters<typeof answerGet>[3],
  remaining: number,
): void {
  const deliveryTag = channel.nextDeliveryTag();
  if (!answerGet(channel, queue, deliveryTag, delivery, remaining)) {
    channel.link.ports.counters.drop("packet_too_large");
    delivery.reject();
    channel.send({ kind: "basic.get-empty" });
  } else if (!noAck) channel.hold(deliveryTag, delivery, undefined);
}

function refuseUsedTag(channel: Channel, tag: string): void {
  if (!channel.consumers.has(tag) && channel.directReplies?.consumerTag !== tag) return;
  const detail = `attempt to reuse consumer tag '${tag}'`;
  throw new AmqpConnectionError(ReplyCode.NotAllowed, detail, CONSUME_ID);
}

function refuseMoreConsumers({ link }: Channel): void {
  const { used, maximum } = link.consumerBudget;
  if (used < maximum) return;
  const detail = `reached maximum (${maximum}) of consumers of a connection`;
  throw new AmqpConnectionError(ReplyCode.NotAllowed, detail, CONSUME_ID);
}

function consumeReplies(channel: Channel, { noAck, noWait }: BasicConsume, tag: string): void {
  if (!noAck) throw failed("reply consumer cannot acknowledge");
  if (channel.directReplies !== undefined) throw failed("reply consumer already set");
  channel.startDirectReplies(tag);
  channel.answer({ kind: "basic.consume-ok", consumerTag: tag }, noWait);
}

function failed(detail: string): AmqpChannelError {
  return new AmqpChannelError(ReplyCode.PreconditionFailed, detail, CONSUME_ID);
}
