import type { FieldTable } from "../../base/field-table.ts";
import type { BasicProperties } from "../codec/basic-properties.ts";
import { type OutgoingDelivery, writeContent, writeDelivery } from "../codec/content-writer.ts";
import { addressOf } from "../mapping/routing-key.ts";
import { propertiesOf } from "../mapping/to-content.ts";
import type { QueueDelivery } from "../ports.ts";
import type { ChannelEnd } from "./channel-link.ts";

/** How a queue's delivery looks to the client. */
interface Shown {
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: BasicProperties;
}

/** Writes basic.deliver and the message. Returns false when the client's frames are too small for its properties. */
export function sendDelivery(channel: ChannelEnd, delivery: OutgoingDelivery): boolean {
  const { link, number } = channel;
  if (!writeDelivery(link.output, number, link.frameMax, delivery)) return false;
  link.counters.delivered++;
  link.counters.deliveredBytes += delivery.body.length;
  return true;
}

/** The same for a message of a queue. */
export function deliverFrom(
  channel: ChannelEnd,
  queue: string,
  consumerTag: string,
  deliveryTag: number,
  delivery: QueueDelivery,
): boolean {
  const { exchange, routingKey, properties } = show(channel, queue, delivery);
  const { redelivered } = delivery;
  const body = delivery.message.payload;
  return sendDelivery(channel, {
    consumerTag,
    deliveryTag,
    redelivered,
    exchange,
    routingKey,
    properties,
    body,
  });
}

/** Writes basic.get-ok and the message; false as above. */
export function answerGet(
  channel: ChannelEnd,
  queue: string,
  deliveryTag: number,
  delivery: QueueDelivery,
  messageCount: number,
): boolean {
  const { link, number } = channel;
  const { exchange, routingKey, properties } = show(channel, queue, delivery);
  const { redelivered, message } = delivery;
  const address = { deliveryTag, redelivered, exchange, routingKey, messageCount };
  const method = { kind: "basic.get-ok", ...address } as const;
  if (!writeContent(link.output, number, link.frameMax, method, properties, message.payload)) return false;
  link.counters.delivered++;
  link.counters.deliveredBytes += message.payload.length;
  return true;
}

// hot: once per delivery
function show({ link }: ChannelEnd, queue: string, { message, addedHeaders }: QueueDelivery): Shown {
  const now = link.ports.clock.now();
  const bare = propertiesOf(message, now);
  const properties = addedHeaders === undefined ? bare : withHeaders(bare, addedHeaders);
  const { envelope } = message;
  if (envelope !== undefined) {
    return { exchange: envelope.exchange, routingKey: envelope.routingKey, properties };
  }
  const view = link.host.showsTopics(queue) ? "mqtt" : "amq.topic";
  const { exchange, routingKey } = addressOf(message, view);
  return { exchange, routingKey, properties };
}

function withHeaders(properties: BasicProperties, added: FieldTable): BasicProperties {
  const names = new Set(added.map(({ name }) => name));
  const others = (properties.headers ?? []).filter(({ name }) => !names.has(name));
  return properties.with({ headers: [...others, ...added] });
}
