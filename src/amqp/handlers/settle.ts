import type { Channel } from "../channel/channel.ts";
import type { HeldDelivery, Settlement } from "../channel/held-delivery.ts";
import { AmqpChannelError, AmqpConnectionError } from "../codec/amqp-error.ts";
import {
  type BasicAck,
  type BasicNack,
  type BasicRecover,
  type BasicRecoverAsync,
  type BasicReject,
  METHOD_IDS,
} from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";

/** hot: basic.ack (AMQP 0-9-1 §1.8.3.13). */
export function handleAck(channel: Channel, { deliveryTag, multiple }: BasicAck): void {
  settle(channel, deliveryTag, multiple, "acknowledge", METHOD_IDS["basic.ack"]);
}

export function handleNack(channel: Channel, { deliveryTag, multiple, requeue }: BasicNack): void {
  settle(channel, deliveryTag, multiple, requeue ? "requeue" : "reject", METHOD_IDS["basic.nack"]);
}

export function handleReject(channel: Channel, { deliveryTag, requeue }: BasicReject): void {
  settle(channel, deliveryTag, false, requeue ? "requeue" : "reject", METHOD_IDS["basic.reject"]);
}

/** basic.recover: all that is not settled goes back to its queue; to get it again itself is not offered, as in RabbitMQ. */
export function handleRecover(channel: Channel, { kind, requeue }: BasicRecover | BasicRecoverAsync): void {
  if (!requeue) throw new AmqpConnectionError(ReplyCode.NotImplemented, "requeue=false", METHOD_IDS[kind]);
  for (const held of channel.unsettled.takeAll()) channel.settle(held, "requeue");
  if (kind === "basic.recover") channel.answer({ kind: "basic.recover-ok" });
}

function settle(
  channel: Channel,
  deliveryTag: number,
  multiple: boolean,
  settlement: Settlement,
  failing: number,
): void {
  const { transaction } = channel;
  if (!multiple && transaction === undefined) {
    const held = channel.unsettled.take(deliveryTag);
    if (held === undefined) throw unknownTag(deliveryTag, failing);
    channel.settle(held, settlement);
    return;
  }
  const held = take(channel, deliveryTag, multiple);
  if (held === undefined) throw unknownTag(deliveryTag, failing);
  if (transaction !== undefined) transaction.settle({ held, settlement }, failing);
  else for (const one of held) channel.settle(one, settlement);
}

/** With `multiple` the delivery tag 0 means all there are, which may be none. */
function take(
  { unsettled }: Channel,
  deliveryTag: number,
  multiple: boolean,
): readonly HeldDelivery[] | undefined {
  if (multiple) return deliveryTag === 0 ? unsettled.takeAll() : unsettled.takeUpTo(deliveryTag);
  const held = unsettled.take(deliveryTag);
  return held && [held];
}

/** Also for what was settled before: a delivery tag is good once. */
function unknownTag(deliveryTag: number, failing: number): AmqpChannelError {
  return new AmqpChannelError(ReplyCode.PreconditionFailed, `unknown delivery tag ${deliveryTag}`, failing);
}
