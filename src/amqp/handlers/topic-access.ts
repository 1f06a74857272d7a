import type { FieldTable } from "../../base/field-table.ts";
import type { TopicFilter, TopicName } from "../../base/ids.ts";
import { Refusal } from "../../base/refusal.ts";
import { fieldNamed, textOf } from "../../base/table-fields.ts";
import { toTopicName } from "../../base/topic-name.ts";
import type { Channel } from "../channel/channel.ts";

/** The exchanges that show MQTT topics: the exact one, and RabbitMQ's mapping. */
const EXACT = "mqtt";
const MAPPED = "amq.topic";

/** Binding to an exchange that shows MQTT topics needs what a subscription to them needs. */
export function refuseUnreadable({ link }: Channel, exchange: string, bindingKey: string): void {
  const { authorization } = link.ports;
  if (!authorization.hasRules || (exchange !== EXACT && exchange !== MAPPED)) return;
  const filter = exchange === EXACT ? bindingKey : toFilter(bindingKey);
  if (authorization.maySubscribe(link.identity, filter as TopicFilter)) return;
  throw new Refusal("access", `read access to topics '${filter}' refused`);
}

/** Dead letters reach topics as a publication would: the one who declares the queue must be allowed to publish there. */
export function refuseUnwritableDeadLetters({ link }: Channel, table: FieldTable): void {
  const { authorization } = link.ports;
  const exchange = textOf(fieldNamed(table, "x-dead-letter-exchange"));
  if (!authorization.hasRules || (exchange !== EXACT && exchange !== MAPPED)) return;
  const routingKey = textOf(fieldNamed(table, "x-dead-letter-routing-key"));
  if (routingKey === undefined) {
    const why = "with access rules its x-dead-letter-routing-key must be given";
    throw new Refusal("access", `dead letters to exchange '${exchange}': ${why}`);
  }
  const topicName = toTopicName(exchange === EXACT ? routingKey : routingKey.replaceAll(".", "/"));
  if (topicName === undefined || authorization.mayPublish(link.identity, topicName as TopicName)) return;
  throw new Refusal("access", `write access to topic '${topicName}' refused`);
}

/** A binding key as a filter that covers it: a `#` in the middle, which MQTT does not have, asks for all below. */
function toFilter(bindingKey: string): string {
  const words = bindingKey.split(".");
  const many = words.indexOf("#");
  const levels = many < 0 ? words : words.slice(0, many + 1);
  return levels.map((word) => (word === "*" ? "+" : word)).join("/");
}
