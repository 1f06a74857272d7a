import type { Message } from "../../base/message.ts";
import { cutShortString } from "../codec/short-string.ts";

/** How a queue sees what MQTT clients publish: through the exact exchange, or through RabbitMQ's mapping. */
export type TopicView = "mqtt" | "amq.topic";

/** Exchange and routing key a consumer is told. A topic longer than a key may be is cut at a level. */
export function addressOf(
  { envelope, topicName }: Message,
  view: TopicView,
): { readonly exchange: string; readonly routingKey: string } {
  if (envelope !== undefined) return envelope;
  const cut = cutAtLevel(topicName);
  return { exchange: view, routingKey: view === "mqtt" ? cut : cut.replaceAll("/", ".") };
}

function cutAtLevel(topicName: string): string {
  const cut = cutShortString(topicName);
  if (cut.length === topicName.length) return topicName;
  const end = cut.lastIndexOf("/");
  return end > 0 ? cut.slice(0, end) : cut;
}
