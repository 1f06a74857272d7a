import { isUtf8 } from "node:buffer";
import type { Options } from "amqplib";
import { QoS } from "../../src/base/qos.ts";
import type { BridgeRecord } from "../bridge.ts";
import { TemplateError } from "../template-input.ts";
import { isShortString } from "./short-string.ts";

type FieldValue = string | number | boolean | Buffer;

const TRANSIENT = 1;
const PERSISTENT = 2;
/** RabbitMQ refuses a longer one; a message that lives 49 days is sent without. */
const LONGEST_EXPIRATION_MS = 0xffffffff;

/** Names a user property may not pose as: ours, those of RabbitMQ's MQTT conversion, and its two routing headers. */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "mqtt-topic",
  "mqtt-qos",
  "mqtt-retain",
  "mqtt-client-id",
  "mqtt-timestamp",
  "bridge-seq",
  "x-reply-to-topic",
  "x-correlation-id",
  "x-content-type",
  "CC",
  "BCC",
]);

/**
 * MQTT properties as RabbitMQ's own conversion table maps them, and where the message came from in headers. `now` in
 * milliseconds since the epoch, for what is left of the Message Expiry Interval.
 */
export function toProperties(record: BridgeRecord, now: number): Options.Publish {
  const { message, bridgeSeq } = record;
  const { contentType, correlationData } = message.properties ?? {};
  const correlationId = correlationData && toCorrelationId(correlationData);
  const expiration = message.expiresAt === 0 ? 0 : Math.max(1, message.expiresAt - now);
  return {
    deliveryMode: message.qos === QoS.AtMostOnce ? TRANSIENT : PERSISTENT,
    timestamp: Math.floor(message.receivedAt / 1000),
    headers: toHeaders(record),
    ...(isShortString(bridgeSeq) && { messageId: bridgeSeq }),
    ...(contentType !== undefined && isShortString(contentType) && { contentType }),
    ...(correlationId !== undefined && { correlationId }),
    ...(expiration > 0 && expiration <= LONGEST_EXPIRATION_MS && { expiration: String(expiration) }),
  };
}

/**
 * An AMQP table holds a name once: of a repeated user property the first value stays. One with a reserved name becomes
 * `user-<name>`.
 */
function toHeaders(record: BridgeRecord): Record<string, FieldValue> {
  const headers = new Map<string, FieldValue>(ownHeaders(record));
  for (const [name, value] of record.message.properties?.userProperties ?? []) {
    const free = RESERVED_NAMES.has(name) ? `user-${name}` : name;
    if (!isShortString(free)) throw new TemplateError("a user property's name has more than 255 bytes");
    if (!headers.has(free)) headers.set(free, value);
  }
  return Object.fromEntries(headers);
}

function* ownHeaders({ message, bridgeSeq }: BridgeRecord): Generator<[string, FieldValue]> {
  yield ["mqtt-topic", message.topicName];
  yield ["mqtt-qos", message.qos];
  yield ["mqtt-retain", message.retain];
  yield ["mqtt-client-id", message.publisherId];
  yield ["mqtt-timestamp", message.receivedAt];
  yield ["bridge-seq", bridgeSeq];
  const { contentType, correlationData, responseTopic } = message.properties ?? {};
  if (responseTopic !== undefined) yield ["x-reply-to-topic", responseTopic.replaceAll("/", ".")];
  if (contentType !== undefined && !isShortString(contentType)) yield ["x-content-type", contentType];
  if (correlationData !== undefined && toCorrelationId(correlationData) === undefined) {
    yield ["x-correlation-id", correlationData];
  }
}

/** The property takes short text only; anything else goes into the header `x-correlation-id`. */
function toCorrelationId(data: Buffer): string | undefined {
  return data.length < 256 && isUtf8(data) && !data.includes(0) ? data.toString() : undefined;
}
