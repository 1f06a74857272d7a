import type { TopicName } from "../../base/ids.ts";
import type { MessageProperties } from "../../base/message.ts";
import type { QoS } from "../../base/qos.ts";
import { hasWildcard } from "../../base/topic-filter.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { ByteReader } from "./byte-reader.ts";
import type { ProtocolVersion, PublishPacket } from "./packets.ts";
import { PropertyContext, PropertyId, type PropertyValues, readProperties } from "./properties.ts";
import type { TopicCache } from "./topic-cache.ts";

/**
 * PUBLISH => topic_name [packet_id] [properties] payload. Hot: one object and one view per packet; the topic
 * comes from the cache; a Topic Alias alone is read without the table. All that depends on the packet alone is
 * checked.
 */
export function readPublish(
  firstByte: number,
  buffer: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
  topics: TopicCache,
): PublishPacket {
  const qos = readQoS(firstByte);
  const topicStart = start + 2;
  if (topicStart > end) throw tooShort();
  const topicEnd = topicStart + (((buffer[start] as number) << 8) | (buffer[start + 1] as number));
  let at = topicEnd;
  if (at > end) throw tooShort();
  let packetId = 0;
  if (qos !== 0) {
    at += 2;
    if (at > end) throw tooShort();
    packetId = ((buffer[at - 2] as number) << 8) | (buffer[at - 1] as number);
    if (packetId === 0) throw new MqttError(ReasonCode.ProtocolError, "Packet Identifier 0", "MQTT-2.2.1-3");
  }
  const topicName = topicEnd === topicStart ? "" : topics.topicName(buffer, topicStart, topicEnd);
  if (version === 5 && buffer[at] !== 0) {
    return readWithProperties(firstByte, buffer, at, end, topicName, packetId);
  }
  if (version === 5 && ++at > end) throw tooShort();
  if (topicName === "") throw withoutTopic();
  return {
    topicName,
    payload: buffer.subarray(at, end),
    qos,
    retain: (firstByte & 0x01) !== 0,
    dup: (firstByte & 0x08) !== 0,
    packetId,
    topicAlias: 0,
    messageExpiryInterval: undefined,
    properties: undefined,
  };
}

function readQoS(firstByte: number): QoS {
  const qos = (firstByte >> 1) & 0x03;
  if (qos === 3) throw new MqttError(ReasonCode.MalformedPacket, "QoS 3", "MQTT-3.3.1-4");
  if (qos === 0 && (firstByte & 0x08) !== 0) {
    throw new MqttError(ReasonCode.MalformedPacket, "DUP at QoS 0", "MQTT-3.3.1-2");
  }
  return qos as QoS;
}

function readWithProperties(
  firstByte: number,
  buffer: Buffer,
  start: number,
  end: number,
  topicName: TopicName | "",
  packetId: number,
): PublishPacket {
  if (isAliasAlone(buffer, start, end)) {
    return {
      topicName,
      payload: buffer.subarray(start + 4, end),
      qos: ((firstByte >> 1) & 0x03) as QoS,
      retain: (firstByte & 0x01) !== 0,
      dup: (firstByte & 0x08) !== 0,
      packetId,
      topicAlias: checkedAlias(((buffer[start + 2] as number) << 8) | (buffer[start + 3] as number)),
      messageExpiryInterval: undefined,
      properties: undefined,
    };
  }
  const reader = new ByteReader(buffer, start, end);
  const values = readProperties(reader, PropertyContext.Publish);
  if (values.subscriptionIdentifier !== undefined) {
    const detail = "a Subscription Identifier from a client";
    throw new MqttError(ReasonCode.ProtocolError, detail, "MQTT-3.3.4-6");
  }
  const topicAlias = values.topicAlias === undefined ? 0 : checkedAlias(values.topicAlias);
  if (topicName === "" && topicAlias === 0) throw withoutTopic();
  return {
    topicName,
    payload: buffer.subarray(reader.position, end),
    qos: ((firstByte >> 1) & 0x03) as QoS,
    retain: (firstByte & 0x01) !== 0,
    dup: (firstByte & 0x08) !== 0,
    packetId,
    topicAlias,
    messageExpiryInterval: values.messageExpiryInterval,
    properties: messageProperties(values),
  };
}

/** The commonest property block: 3, Topic Alias, its two bytes. */
function isAliasAlone(buffer: Buffer, start: number, end: number): boolean {
  return buffer[start] === 3 && buffer[start + 1] === PropertyId.TopicAlias && start + 4 <= end;
}

function checkedAlias(topicAlias: number): number {
  if (topicAlias === 0) throw new MqttError(ReasonCode.TopicAliasInvalid, "Topic Alias 0", "MQTT-3.3.2-8");
  return topicAlias;
}

/** The properties that travel with a message, of a PUBLISH or a will; undefined when there are none. */
export function messageProperties(values: PropertyValues): MessageProperties | undefined {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties } = values;
  if (responseTopic !== undefined && (responseTopic === "" || hasWildcard(responseTopic))) {
    throw new MqttError(ReasonCode.ProtocolError, "Response Topic is no topic name", "MQTT-3.3.2-14");
  }
  const isEmpty =
    payloadFormatIndicator === undefined &&
    contentType === undefined &&
    responseTopic === undefined &&
    correlationData === undefined &&
    userProperties.length === 0;
  if (isEmpty) return undefined;
  return {
    payloadFormatIndicator: payloadFormatIndicator as 0 | 1 | undefined,
    contentType,
    responseTopic,
    correlationData,
    userProperties,
  };
}

function tooShort(): MqttError {
  return new MqttError(ReasonCode.MalformedPacket, "a PUBLISH ends too early");
}

function withoutTopic(): MqttError {
  return new MqttError(ReasonCode.ProtocolError, "neither Topic Name nor Topic Alias", "MQTT-4.7.3-1");
}
