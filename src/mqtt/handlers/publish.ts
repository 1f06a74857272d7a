import type { TopicName } from "../../base/ids.ts";
import type { Message } from "../../base/message.ts";
import { isReserved, levelCount } from "../../base/topic-name.ts";
import { PacketType, type PublishPacket } from "../codec/packets.ts";
import { LimitError, MqttError } from "../mqtt-error.ts";
import type { FullQueue, MqttOptions, MqttPorts } from "../ports.ts";
import { ReasonCode } from "../reason-code.ts";
import type { Client } from "./client.ts";
import { hasPromisedFormat } from "./payload-format.ts";

const PENDING = 1;
const MATCHED = 2;

/**
 * hot: QoS 0, from the read buffer to the receivers' output without a promise or a copy (MQTT 5 §4.3.1). Returns
 * whether something durable came of it (RETAIN, an outbox): then the publisher may have to be read more slowly.
 */
export function handlePublishQoS0(
  client: Client,
  packet: PublishPacket,
  ports: MqttPorts,
  options: MqttOptions,
): boolean {
  const topicName = client.aliases.resolve(packet);
  checkOptions(packet, options);
  const reasonCode = refusal(client, packet, topicName, ports, options);
  if (reasonCode === ReasonCode.Success) {
    return ports.routing.publishQoS0(toMessage(client, packet, topicName, ports));
  }
  reportRefusal(client, topicName, reasonCode, ports);
  return false;
}

/**
 * QoS 1 and 2: takes ownership, and acknowledges when every durable copy is on disk (MQTT 5 §4.3.2, §4.3.3).
 * Returns the full queue it has to wait for: then nothing has happened yet.
 */
export function handlePublish(
  client: Client,
  packet: PublishPacket,
  ports: MqttPorts,
  options: MqttOptions,
): FullQueue | undefined {
  const { session, acks } = client;
  const topicName = client.aliases.resolve(packet);
  checkOptions(packet, options);
  const type = packet.qos === 1 ? PacketType.Puback : PacketType.Pubrec;
  if (packet.qos === 2 && session.hasReceived(packet.packetId)) {
    acks.settle(acks.reserve(type, packet.packetId), ReasonCode.Success); // a repeat: deliver nothing [MQTT-4.3.3-10]
    return undefined;
  }
  checkReceiveMaximum(client, packet, options, ports);
  const reasonCode = refusal(client, packet, topicName, ports, options);
  if (reasonCode !== ReasonCode.Success) {
    reportRefusal(client, topicName, reasonCode, ports);
    acks.settle(acks.reserve(type, packet.packetId), reasonCode);
    return undefined;
  }
  const message = toMessage(client, packet, topicName, ports);
  const full = ports.routing.refusedBy(message, client.version === 5);
  if (full !== undefined) {
    if (full.whenFull === "block" || client.version !== 5) return full; // MQTT 3 has no word for a refusal
    acks.settle(acks.reserve(type, packet.packetId), ReasonCode.QuotaExceeded);
    return undefined;
  }
  publish(client, message, packet.packetId, ports);
  return undefined;
}

function publish(
  { session, acks, version }: Client,
  message: Message,
  packetId: number,
  ports: MqttPorts,
): void {
  const isQoS2 = message.qos === 2;
  const token = acks.reserve(isQoS2 ? PacketType.Pubrec : PacketType.Puback, packetId);
  const receivedFor = isQoS2 ? session.stored : undefined;
  if (isQoS2) session.rememberReceived(packetId);
  const published = ports.routing.publish(message, receivedFor, packetId, acks, token);
  const isUnmatched = (published & MATCHED) === 0 && version === 5;
  const reasonCode = isUnmatched ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success;
  if (published & PENDING) acks.answer(token, reasonCode);
  else acks.settle(token, reasonCode);
}

function checkOptions(packet: PublishPacket, options: MqttOptions): void {
  if (packet.qos > options.maximumQoS) {
    throw new MqttError(
      ReasonCode.QoSNotSupported,
      `QoS ${packet.qos}, at most ${options.maximumQoS}`,
      "MQTT-3.2.2-11",
    );
  }
  if (packet.retain && !options.retainAvailable) {
    throw new MqttError(ReasonCode.RetainNotSupported, "RETAIN is not available", "MQTT-3.2.2-14");
  }
}

/**
 * More unacknowledged messages than CONNACK allowed (MQTT 5 §3.3.4). MQTT 3 has no such limit: it is read more slowly,
 * and may leave no more than so many QoS 2 messages unreleased, which reading more slowly would not lessen.
 */
function checkReceiveMaximum(
  client: Client,
  { qos }: PublishPacket,
  { receiveMaximum, limits }: MqttOptions,
  ports: MqttPorts,
): void {
  const { receivedCount } = client.session;
  // A new connection begins with the whole quota, whatever is left from the one before (MQTT 5 §4.9).
  const unacknowledged = receivedCount - client.receivedBefore + client.acks.waitingPubacks;
  if (client.version === 5 && unacknowledged >= receiveMaximum) {
    const detail = `more than ${receiveMaximum} messages`;
    if (client.rules.strict === "enforce") {
      throw new LimitError("receive_maximum", ReasonCode.ReceiveMaximumExceeded, detail, "MQTT-3.3.4-7");
    }
    ports.counters.limitReached("receive_maximum");
    client.noted("Receive Maximum exceeded", { receiveMaximum, unacknowledged });
  }
  if (qos === 2 && receivedCount >= limits.maximumUnreleasedMessages) {
    const detail = `more than ${limits.maximumUnreleasedMessages} messages without PUBREL`;
    throw new LimitError("unreleased_messages", ReasonCode.ReceiveMaximumExceeded, detail);
  }
}

function refusal(
  client: Client,
  packet: PublishPacket,
  topicName: TopicName,
  ports: MqttPorts,
  options: MqttOptions,
): ReasonCode {
  if (isReserved(topicName)) return ReasonCode.NotAuthorized;
  if (options.checkPayloadFormat && !hasPromisedFormat(packet.payload, packet.properties)) {
    return ReasonCode.PayloadFormatInvalid;
  }
  if (levelCount(topicName) > options.maximumTopicLevels) return ReasonCode.TopicNameInvalid;
  if (!ports.authorization.mayPublish(client.identity, topicName)) return ReasonCode.NotAuthorized;
  return ReasonCode.Success;
}

function reportRefusal(client: Client, topicName: TopicName, reasonCode: ReasonCode, ports: MqttPorts): void {
  ports.counters.drop(
    reasonCode === ReasonCode.PayloadFormatInvalid ? "payload_format_invalid" : "not_authorized",
  );
  if (reasonCode === ReasonCode.TopicNameInvalid) ports.counters.limitReached("topic_levels");
  client.refused("publish", { topicName, reasonCode });
}

function toMessage(client: Client, packet: PublishPacket, topicName: TopicName, ports: MqttPorts): Message {
  const now = ports.clock.now();
  const interval = packet.messageExpiryInterval;
  return {
    topicName,
    payload: packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: packet.properties,
    publisherId: client.identity.clientId,
    receivedAt: now,
    expiresAt: interval === undefined ? 0 : now + interval * 1000,
    envelope: undefined,
  };
}
