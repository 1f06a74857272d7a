import type { ClientId, TopicName } from "./ids.ts";
import type { QoS } from "./qos.ts";

/** A name and a value; a message may carry the same name twice, in the order the sender chose (MQTT 5 §3.3.2.3.7). */
export type UserProperty = readonly [name: string, value: string];

/** The PUBLISH properties that travel with the message to its receivers (MQTT 5 §3.3.2.3). */
export interface MessageProperties {
  readonly payloadFormatIndicator: 0 | 1 | undefined;
  readonly contentType: string | undefined;
  readonly responseTopic: string | undefined;
  readonly correlationData: Buffer | undefined;
  readonly userProperties: readonly UserProperty[];
}

/** How an AMQP publisher addressed a message, and what it said of it (AMQP 0-9-1 §1.8.3.7, §4.2.6.1). */
export interface Envelope {
  readonly exchange: string;
  readonly routingKey: string;
  /** Property flags and property list of the content header, as they came. */
  readonly header: Buffer;
}

/** What a publisher sends (Application Message). Always built by one literal with all keys. */
export interface Message {
  readonly topicName: TopicName;
  /** May be a view into a read buffer while the event that brought it lasts; `owned` copies it. */
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties | undefined;
  /** Who published it; "" for the broker itself. */
  readonly publisherId: ClientId;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Milliseconds since the epoch after which it must not be delivered [MQTT-3.3.2-5]; 0 = never. */
  readonly expiresAt: number;
  /** Undefined for what came over MQTT. */
  readonly envelope: Envelope | undefined;
}

/** Gives the message a payload of its own in place: for the one who keeps it, when nobody else has to copy it. */
export function own(message: { payload: Message["payload"] }): void {
  message.payload = Buffer.from(message.payload);
}

/** The same message with a payload of its own, for whoever keeps it beyond the event that brought it. */
export function owned(message: Message): Message {
  return {
    topicName: message.topicName,
    payload: Buffer.from(message.payload),
    qos: message.qos,
    retain: message.retain,
    properties: message.properties,
    publisherId: message.publisherId,
    receivedAt: message.receivedAt,
    expiresAt: message.expiresAt,
    envelope: message.envelope,
  };
}
