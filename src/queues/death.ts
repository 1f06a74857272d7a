import type { FieldEntry, FieldTable, FieldValue } from "../base/field-table.ts";
import type { Message } from "../base/message.ts";
import { fieldNamed, textField, textOf, withField } from "../base/table-fields.ts";
import { TOPIC_EXCHANGE, toRoutingKey } from "./topic-view.ts";

/** Why a message left a queue for the dead-letter exchange, as x-death says it. */
export type DeathReason = "rejected" | "expired" | "maxlen" | "delivery_limit";

/** One death of a message. */
export interface Death {
  readonly reason: DeathReason;
  readonly queue: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly exchange: string;
  /** The message's own, then those of CC. */
  readonly routingKeys: readonly string[];
  /** Milliseconds, as the property said it; undefined = it had none. */
  readonly expirationMs: number | undefined;
}

/** How the message was addressed; what came over MQTT appears on the topic exchange. */
export function addressOf(message: Message): { readonly exchange: string; readonly routingKey: string } {
  return message.envelope ?? { exchange: TOPIC_EXCHANGE, routingKey: toRoutingKey(message.topicName) };
}

/** Further routing keys the publisher gave (header CC). */
export function furtherKeysOf(headers: FieldTable): string[] {
  const field = fieldNamed(headers, "CC");
  if (field?.type !== "A") return [];
  return field.value.map(textOf).filter((key) => key !== undefined);
}

/** The headers with this death noted: newest first, one entry for each queue and reason. */
export function withDeath(headers: FieldTable, death: Death): FieldTable {
  const deaths = deathsIn(headers);
  const known = deaths.find((entry) => isOf(entry, death.queue, death.reason));
  const newest = known === undefined ? firstDeath(death) : countedUp(known);
  const others = deaths.filter((entry) => entry !== known);
  const history: FieldValue = {
    type: "A",
    value: [newest, ...others].map((value) => ({ type: "F", value })),
  };
  return withFirstDeath(withField(headers, "x-death", history), death);
}

/**
 * Dead-lettering to this queue would make a circle through which the message passes by itself: it was there before,
 * and no consumer has rejected it since.
 */
export function isAutomaticCycle(queue: string, headers: FieldTable): boolean {
  return queuesPassed(headers).has(queue);
}

/** The queues a message has been through since a consumer last rejected it. */
export function queuesPassed(headers: FieldTable): Set<string> {
  const passed = new Set<string>();
  for (const entry of deathsIn(headers)) {
    if (textIn(entry, "reason") === "rejected") return passed;
    const queue = textIn(entry, "queue");
    if (queue !== undefined) passed.add(queue);
  }
  return passed;
}

function deathsIn(headers: FieldTable): FieldTable[] {
  const field = fieldNamed(headers, "x-death");
  if (field?.type !== "A") return [];
  return field.value.flatMap((entry) => (entry.type === "F" ? [entry.value] : []));
}

function isOf(entry: FieldTable, queue: string, reason: string): boolean {
  return textIn(entry, "queue") === queue && textIn(entry, "reason") === reason;
}

function textIn(entry: FieldTable, name: string): string | undefined {
  return textOf(fieldNamed(entry, name));
}

function firstDeath(death: Death): FieldTable {
  const entry: FieldEntry[] = [
    { name: "count", field: { type: "l", value: 1n } },
    { name: "reason", field: textField(death.reason) },
    { name: "queue", field: textField(death.queue) },
    { name: "time", field: { type: "T", value: BigInt(Math.floor(death.at / 1000)) } },
    { name: "exchange", field: textField(death.exchange) },
    { name: "routing-keys", field: { type: "A", value: death.routingKeys.map(textField) } },
  ];
  if (death.expirationMs !== undefined)
    entry.push({ name: "original-expiration", field: textField(String(death.expirationMs)) });
  return entry;
}

function countedUp(entry: FieldTable): FieldTable {
  const count = fieldNamed(entry, "count");
  const value = count?.type === "l" ? count.value + 1n : 1n;
  return withField(entry, "count", { type: "l", value });
}

function withFirstDeath(headers: FieldTable, death: Death): FieldTable {
  if (fieldNamed(headers, "x-first-death-reason") !== undefined) return headers;
  return [
    ...headers,
    { name: "x-first-death-reason", field: textField(death.reason) },
    { name: "x-first-death-queue", field: textField(death.queue) },
    { name: "x-first-death-exchange", field: textField(death.exchange) },
  ];
}
