import { toTopicName } from "../base/topic-name.ts";

/** The exchanges that show what MQTT clients publish, and reach MQTT subscribers. */
export const MQTT_EXCHANGE = "mqtt";
export const TOPIC_EXCHANGE = "amq.topic";

export function isTopicView(exchange: string): boolean {
  return exchange === MQTT_EXCHANGE || exchange === TOPIC_EXCHANGE;
}

/** `a/b` appears on amq.topic under the routing key `a.b`. */
export function toRoutingKey(topicName: string): string {
  return topicName.replaceAll("/", ".");
}

/**
 * The topic that MQTT subscribers see for a message published on one of the two exchanges; undefined when the key is
 * none: empty, or with a wildcard of MQTT or a NUL.
 */
export function toTopicOf(exchange: string, routingKey: string): string | undefined {
  if (exchange === MQTT_EXCHANGE) return toTopicName(routingKey);
  return toTopicName(routingKey.replaceAll(".", "/"));
}

/** Topics that begin with `$` are the broker's, or shared names: no exchange shows or takes them. */
export function isHidden(topicName: string): boolean {
  return topicName.startsWith("$");
}
