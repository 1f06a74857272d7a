import type { TopicName } from "../../base/ids.ts";
import type { MessageProperties } from "../../base/message.ts";
import { QoS } from "../../base/qos.ts";
import { PacketType, type ProtocolVersion } from "./packets.ts";
import { PropertyId } from "./properties.ts";
import { utf8Length, writeUtf8 } from "./utf8.ts";
import { varintLength, writeVarint } from "./varint.ts";

/** What a PUBLISH to a client is made of; MQTT 3 takes no notice of what only MQTT 5 has. Hot: always all keys. */
export interface OutgoingPublish {
  /** "" when only the Topic Alias goes out. */
  readonly topicName: TopicName | "";
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Taken no notice of at QoS 0. */
  readonly packetId: number;
  /** 0 = none. */
  readonly topicAlias: number;
  /** Seconds left; undefined = none. */
  readonly messageExpiryInterval: number | undefined;
  readonly properties: MessageProperties | undefined;
  readonly subscriptionIdentifiers: readonly number[];
}

/** Bytes of the whole packet. */
export function publishLength(publish: OutgoingPublish, version: ProtocolVersion): number {
  const bodyLength = publishBodyLength(publish, version);
  return 1 + varintLength(bodyLength) + bodyLength;
}

/** Writes the whole packet and returns the offset behind it, or -1 and nothing written when it does not fit. */
export function writePublish(
  target: Buffer,
  offset: number,
  publish: OutgoingPublish,
  version: ProtocolVersion,
): number {
  const bodyLength = publishBodyLength(publish, version);
  const packetEnd = offset + 1 + varintLength(bodyLength) + bodyLength;
  if (packetEnd > target.length) return -1;
  const at = writeHead(target, offset, publish, version, bodyLength);
  target.set(publish.payload, at);
  return packetEnd;
}

/** The same without the payload, which goes out by reference; -1 when even that does not fit. */
export function writePublishHead(
  target: Buffer,
  offset: number,
  publish: OutgoingPublish,
  version: ProtocolVersion,
): number {
  const bodyLength = publishBodyLength(publish, version);
  const headLength = 1 + varintLength(bodyLength) + bodyLength - publish.payload.length;
  if (offset + headLength > target.length) return -1;
  return writeHead(target, offset, publish, version, bodyLength);
}

/** The packet in a buffer of its own: once per variant, then copied per receiver with its id patched in. */
export function encodePublish(publish: OutgoingPublish, version: ProtocolVersion): Buffer {
  const encoded = Buffer.allocUnsafe(publishLength(publish, version));
  writePublish(encoded, 0, publish, version);
  return encoded;
}

/** Where an encoded PUBLISH of QoS 1 or 2, with or without its payload, has its Packet Identifier. */
export function packetIdOffset(encoded: Buffer): number {
  let at = 1;
  while ((encoded[at++] as number) >= 0x80);
  return at + 2 + (((encoded[at] as number) << 8) | (encoded[at + 1] as number));
}

function publishBodyLength(publish: OutgoingPublish, version: ProtocolVersion): number {
  const length = 2 + utf8Length(publish.topicName) + publish.payload.length + (publish.qos === 0 ? 0 : 2);
  if (version !== 5) return length;
  const propertiesLength = publishPropertiesLength(publish);
  return length + varintLength(propertiesLength) + propertiesLength;
}

function writeHead(
  target: Buffer,
  offset: number,
  publish: OutgoingPublish,
  version: ProtocolVersion,
  bodyLength: number,
): number {
  target[offset] = firstByte(publish);
  let at = writeVarint(target, offset + 1, bodyLength);
  at = writeUtf8(target, at, publish.topicName);
  if (publish.qos !== QoS.AtMostOnce) {
    target[at++] = publish.packetId >>> 8;
    target[at++] = publish.packetId & 0xff;
  }
  return version === 5 ? writeProperties(target, at, publish) : at;
}

function firstByte({ qos, retain, dup }: OutgoingPublish): number {
  const dupBit = dup && qos !== QoS.AtMostOnce ? 0x08 : 0; // [MQTT-3.3.1-2]
  return (PacketType.Publish << 4) | dupBit | (qos << 1) | (retain ? 1 : 0);
}

function publishPropertiesLength(publish: OutgoingPublish): number {
  const { properties, subscriptionIdentifiers } = publish;
  let length = 0;
  if (publish.messageExpiryInterval !== undefined) length += 5;
  if (publish.topicAlias !== 0) length += 3;
  for (let i = 0; i < subscriptionIdentifiers.length; i++) {
    length += 1 + varintLength(subscriptionIdentifiers[i] as number);
  }
  return properties === undefined ? length : length + messagePropertiesLength(properties);
}

function messagePropertiesLength(properties: MessageProperties): number {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties } = properties;
  let length = payloadFormatIndicator === undefined ? 0 : 2;
  if (contentType !== undefined) length += 3 + utf8Length(contentType);
  if (responseTopic !== undefined) length += 3 + utf8Length(responseTopic);
  if (correlationData !== undefined) length += 3 + correlationData.length;
  for (const [name, value] of userProperties) length += 5 + utf8Length(name) + utf8Length(value);
  return length;
}

function writeProperties(target: Buffer, offset: number, publish: OutgoingPublish): number {
  let at = writeVarint(target, offset, publishPropertiesLength(publish));
  if (publish.messageExpiryInterval !== undefined) {
    target[at] = PropertyId.MessageExpiryInterval;
    at = target.writeUInt32BE(publish.messageExpiryInterval, at + 1);
  }
  if (publish.topicAlias !== 0) {
    target[at] = PropertyId.TopicAlias;
    at = target.writeUInt16BE(publish.topicAlias, at + 1);
  }
  for (let i = 0; i < publish.subscriptionIdentifiers.length; i++) {
    target[at] = PropertyId.SubscriptionIdentifier;
    at = writeVarint(target, at + 1, publish.subscriptionIdentifiers[i] as number);
  }
  return publish.properties === undefined ? at : writeMessageProperties(target, at, publish.properties);
}

function writeMessageProperties(target: Buffer, offset: number, properties: MessageProperties): number {
  let at = offset;
  if (properties.payloadFormatIndicator !== undefined) {
    target[at++] = PropertyId.PayloadFormatIndicator;
    target[at++] = properties.payloadFormatIndicator;
  }
  at = writeText(target, at, PropertyId.ContentType, properties.contentType);
  at = writeText(target, at, PropertyId.ResponseTopic, properties.responseTopic);
  if (properties.correlationData !== undefined) {
    target[at] = PropertyId.CorrelationData;
    at = target.writeUInt16BE(properties.correlationData.length, at + 1);
    at += properties.correlationData.copy(target, at);
  }
  for (const [name, value] of properties.userProperties) {
    target[at] = PropertyId.UserProperty; // in the order received [MQTT-3.3.2-18]
    at = writeUtf8(target, writeUtf8(target, at + 1, name), value);
  }
  return at;
}

function writeText(target: Buffer, offset: number, identifier: number, text: string | undefined): number {
  if (text === undefined) return offset;
  target[offset] = identifier;
  return writeUtf8(target, offset + 1, text);
}
