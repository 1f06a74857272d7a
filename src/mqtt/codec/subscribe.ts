import { LimitError, MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import type { ByteReader } from "./byte-reader.ts";
import {
  PacketType,
  type ProtocolVersion,
  type SubscribePacket,
  type SubscriptionRequest,
  type UnsubscribePacket,
} from "./packets.ts";
import { parseWhole } from "./parse-whole.ts";
import { noProperties, PropertyContext, readProperties } from "./properties.ts";

/** SUBSCRIBE => packet_id [properties] (topic_filter options)+ */
export function readSubscribe(
  firstByte: number,
  body: ByteReader,
  version: ProtocolVersion,
  maximumFilters: number,
): SubscribePacket {
  const subscriptionIdentifier = checkSubscribe(body.fork(), version, maximumFilters);
  const packet = parseWhole("subscribe", firstByte, body, version);
  return {
    type: PacketType.Subscribe,
    packetId: packet.messageId ?? 0,
    subscriptions: packet.subscriptions.map(
      (subscription): SubscriptionRequest => ({
        topicFilter: subscription.topic,
        qos: subscription.qos,
        noLocal: subscription.nl === true,
        retainAsPublished: subscription.rap === true,
        retainHandling: (subscription.rh ?? 0) as 0 | 1 | 2,
      }),
    ),
    subscriptionIdentifier,
  };
}

/** UNSUBSCRIBE => packet_id [properties] topic_filter+ */
export function readUnsubscribe(
  firstByte: number,
  body: ByteReader,
  version: ProtocolVersion,
  maximumFilters: number,
): UnsubscribePacket {
  const reader = body.fork();
  checkPacketId(reader);
  if (version === 5) readProperties(reader, PropertyContext.Unsubscribe);
  if (reader.isAtEnd) throw new MqttError(ReasonCode.ProtocolError, "no Topic Filter", "MQTT-3.10.3-2");
  for (let count = 1; !reader.isAtEnd; count++) {
    checkCount(count, maximumFilters);
    reader.text(); // [MQTT-3.10.3-1]
  }
  const packet = parseWhole("unsubscribe", firstByte, body, version);
  return {
    type: PacketType.Unsubscribe,
    packetId: packet.messageId ?? 0,
    topicFilters: packet.unsubscriptions,
  };
}

/** Checks what mqtt-packet lets pass; returns the Subscription Identifier, 0 when absent. */
function checkSubscribe(reader: ByteReader, version: ProtocolVersion, maximumFilters: number): number {
  checkPacketId(reader);
  const properties = version === 5 ? readProperties(reader, PropertyContext.Subscribe) : noProperties();
  if (reader.isAtEnd) throw new MqttError(ReasonCode.ProtocolError, "no Topic Filter", "MQTT-3.8.3-2");
  for (let count = 1; !reader.isAtEnd; count++) {
    checkCount(count, maximumFilters);
    const topicFilter = reader.text(); // [MQTT-3.8.3-1]
    checkOptions(topicFilter, reader.byte(), version);
  }
  return properties.subscriptionIdentifier ?? 0;
}

/** One packet is handled in one turn: what it may hold bounds how long others wait. */
function checkCount(count: number, maximum: number): void {
  if (count <= maximum) return;
  throw new LimitError("packet_entries", ReasonCode.QuotaExceeded, `more than ${maximum} topic filters`);
}

function checkOptions(topicFilter: string, options: number, version: ProtocolVersion): void {
  const reserved = version === 5 ? 0xc0 : 0xfc;
  if (options & reserved) {
    throw new MqttError(ReasonCode.MalformedPacket, "reserved subscription options", "MQTT-3.8.3-5");
  }
  // MQTT 5 §3.8.3.1; [MQTT3-3.8.3-4]
  if ((options & 0x03) === 0x03) throw new MqttError(ReasonCode.ProtocolError, "QoS 3 asked for");
  if ((options & 0x30) === 0x30) throw new MqttError(ReasonCode.ProtocolError, "Retain Handling 3");
  if (options & 0x04 && topicFilter.startsWith("$share/")) {
    throw new MqttError(ReasonCode.ProtocolError, "No Local on a shared subscription", "MQTT-3.8.3-4");
  }
}

function checkPacketId(reader: ByteReader): void {
  if (reader.uint16() === 0) {
    throw new MqttError(ReasonCode.ProtocolError, "Packet Identifier 0", "MQTT-2.2.1-3");
  }
}
