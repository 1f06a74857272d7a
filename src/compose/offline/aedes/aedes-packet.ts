import { toClientId } from "../../../base/ids.ts";
import type { Message, MessageProperties, UserProperty } from "../../../base/message.ts";
import type { QoS } from "../../../base/qos.ts";
import type { SubscriptionOptions } from "../../../base/subscription-options.ts";
import { toTopicName } from "../../../base/topic-name.ts";
import type { WillRecord } from "../../../state/records.ts";

/** What Aedes stores of a packet. Written by another program, so nothing is taken for granted. */
export interface StoredPacket {
  readonly cmd?: unknown;
  readonly clientId?: unknown;
  readonly messageId?: unknown;
  readonly topic?: unknown;
  readonly payload?: unknown;
  readonly qos?: unknown;
  readonly retain?: unknown;
  /** Milliseconds since the epoch. */
  readonly messageExpiry?: unknown;
  readonly properties?: unknown;
}

export interface StoredSubscription {
  readonly topic?: unknown;
  readonly qos?: unknown;
  readonly nl?: unknown;
  readonly rap?: unknown;
  readonly rh?: unknown;
  readonly subscriptionIdentifier?: unknown;
}

/** In the words of mqtt-packet: user properties by name, so their order among each other is lost already. */
interface StoredProperties {
  readonly payloadFormatIndicator?: unknown;
  readonly contentType?: unknown;
  readonly responseTopic?: unknown;
  readonly correlationData?: unknown;
  readonly userProperties?: unknown;
  readonly willDelayInterval?: unknown;
  readonly messageExpiryInterval?: unknown;
}

/** Undefined for what is no message we could deliver. */
export function toMessage(packet: StoredPacket, now: number): Message | undefined {
  const topicName = toTopicName(asText(packet.topic) ?? "");
  const payload = bytesOf(packet.payload);
  const qos = asQoS(packet.qos);
  if (topicName === undefined || payload === undefined || qos === undefined) return undefined;
  const properties = asProperties(packet.properties);
  return {
    topicName,
    payload,
    qos,
    retain: packet.retain === true,
    properties: properties && toProperties(properties),
    publisherId: toClientId(asText(packet.clientId) ?? ""),
    receivedAt: now,
    expiresAt: asWhole(packet.messageExpiry) ?? 0,
    envelope: undefined,
  };
}

export function toWill(packet: StoredPacket, now: number): WillRecord | undefined {
  const message = toMessage(packet, now);
  const properties = asProperties(packet.properties);
  const delayInterval = (properties && asWhole(properties.willDelayInterval)) ?? 0;
  const lifetime = properties && asWhole(properties.messageExpiryInterval);
  const expiresAt = lifetime === undefined ? 0 : now + lifetime * 1000;
  return message && { message: { ...message, expiresAt }, delayInterval };
}

export function toOptions(subscription: StoredSubscription): SubscriptionOptions | undefined {
  const qos = asQoS(subscription.qos);
  if (qos === undefined) return undefined;
  const retainHandling = asWhole(subscription.rh) ?? 0;
  return {
    qos,
    noLocal: subscription.nl === true,
    retainAsPublished: subscription.rap === true,
    retainHandling: retainHandling === 1 || retainHandling === 2 ? retainHandling : 0,
    subscriptionIdentifier: asWhole(subscription.subscriptionIdentifier) ?? 0,
  };
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asWhole(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function asQoS(value: unknown): QoS | undefined {
  const qos = value === undefined ? 0 : asWhole(value);
  return qos === undefined || qos > 2 ? undefined : (qos as QoS);
}

function asProperties(value: unknown): StoredProperties | undefined {
  return typeof value === "object" && value !== null ? value : undefined;
}

/** A copy: what msgpack decodes is a view. */
function bytesOf(value: unknown): Buffer | undefined {
  if (value instanceof Uint8Array || typeof value === "string") return Buffer.from(value as Uint8Array);
  return value === undefined || value === null ? Buffer.alloc(0) : undefined;
}

function toProperties(properties: StoredProperties): MessageProperties {
  const isText = properties.payloadFormatIndicator;
  return {
    payloadFormatIndicator: typeof isText === "boolean" ? (isText ? 1 : 0) : undefined,
    contentType: asText(properties.contentType),
    responseTopic: asText(properties.responseTopic),
    correlationData:
      properties.correlationData === undefined ? undefined : bytesOf(properties.correlationData),
    userProperties: userProperties(properties.userProperties ?? {}),
  };
}

function userProperties(byName: object): UserProperty[] {
  return Object.entries(byName).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values])
      .filter((value) => typeof value === "string")
      .map((value): UserProperty => [name, value]),
  );
}
