import type { Message } from "../../base/message.ts";
import type { QueueEntry, QueueRecord, SessionRecord, SubscriptionRecord } from "../../state/records.ts";

/*
 * The lines of an export, each one JSON object; docs/export-format.md describes them. What is missing is left out,
 * bytes are base64. Reading them back is in `parse-line.ts`.
 */

export const FORMAT = "causeway-export";
export const VERSION = 1;

export function headerLine(): object {
  return { type: "header", format: FORMAT, version: VERSION };
}

/** The last line: without it the file was cut off. `records` counts the lines between header and end. */
export function endLine(records: number): object {
  return { type: "end", records };
}

export function definitionLine(name: string, value: Buffer): object {
  return { type: "definition", name, value: value.toString("base64") };
}

/** Slot and id are the store's own; the rest follows from the messages. */
export function queueLine({ name, createdAt, nextSeq, sentEnd }: QueueRecord): object {
  return { type: "queue", name, createdAt, nextSeq, sentEnd };
}

export function sessionLine(session: SessionRecord): object {
  const { clientId, user, expiryInterval, disconnectedAt, sentEnd, will } = session;
  return {
    type: "session",
    clientId,
    user,
    expiryInterval,
    disconnectedAt,
    sentEnd,
    will: will && { delayInterval: will.delayInterval, message: messageFields(will.message) },
  };
}

export function subscriptionLine({ clientId, topicFilter, options }: SubscriptionRecord): object {
  const { qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier } = options;
  return {
    type: "subscription",
    clientId,
    topicFilter,
    qos,
    noLocal,
    retainAsPublished,
    retainHandling,
    subscriptionIdentifier,
  };
}

export function receivedLine(clientId: string, packetId: number): object {
  return { type: "received", clientId, packetId };
}

export function retainedLine(message: Message): object {
  return { type: "retained", message: messageFields(message) };
}

/** With `body`, further entries of the same message name it; only the first of them has the message. */
export function messageLine(
  queue: string,
  { seq, delivery, deliveryCount, message }: QueueEntry,
  body: { readonly number: number; readonly isFirst: boolean } | undefined,
): object {
  const { qos, retain, subscriptionIdentifiers } = delivery;
  const isGiven = message !== undefined && body?.isFirst !== false;
  return {
    type: "message",
    queue,
    seq,
    qos,
    retain,
    subscriptionIdentifiers,
    deliveryCount,
    body: body?.number,
    message: isGiven ? messageFields(message) : undefined,
    isReleased: message === undefined ? true : undefined,
  };
}

function messageFields(message: Message): object {
  const { topicName, payload, qos, retain, publisherId, receivedAt, expiresAt, properties, envelope } =
    message;
  return {
    topicName,
    payload: payload.toString("base64"),
    qos,
    retain,
    publisherId,
    receivedAt,
    expiresAt,
    properties: properties && {
      ...properties,
      correlationData: properties.correlationData?.toString("base64"),
    },
    envelope: envelope && { ...envelope, header: envelope.header.toString("base64") },
  };
}
