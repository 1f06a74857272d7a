import { toClientId } from "../../base/ids.ts";
import type { QoS } from "../../base/qos.ts";
import { NEVER_EXPIRES } from "../../base/session-expiry.ts";
import { type Clause, MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import type { ByteReader } from "./byte-reader.ts";
import { type ConnectPacket, PacketType, type ProtocolVersion, type WillPacket } from "./packets.ts";
import { parseWhole } from "./parse-whole.ts";
import { noProperties, PropertyContext, type PropertyValues, readProperties } from "./properties.ts";
import { messageProperties } from "./publish.ts";
import { readTopicName } from "./topic-cache.ts";

const Flag = {
  Reserved: 0x01,
  Will: 0x04,
  WillQoS: 0x18,
  WillRetain: 0x20,
  Password: 0x40,
  Username: 0x80,
} as const;

/** What mqtt-packet loses or does not check. */
interface Checked {
  readonly version: ProtocolVersion;
  readonly properties: PropertyValues;
  readonly willProperties: PropertyValues;
}

/**
 * CONNECT => name level flags keep_alive [properties] client_id [will] [username] [password]. An unsupported name or
 * level is UnsupportedProtocolVersion; an empty client id is the handler's to judge ([MQTT3-3.1.3-8] included).
 */
export function readConnect(firstByte: number, body: ByteReader): ConnectPacket {
  const checked = checkConnect(body.fork());
  const { version, properties } = checked;
  const packet = parseWhole("connect", firstByte, body, version);
  const cleanStart = packet.clean === true;
  return {
    type: PacketType.Connect,
    protocolVersion: version,
    clientId: toClientId(packet.clientId),
    cleanStart,
    keepAlive: packet.keepalive ?? 0,
    username: packet.username,
    password: packet.password,
    will: packet.will === undefined ? undefined : toWill(packet.will, checked.willProperties),
    sessionExpiryInterval:
      version === 5 ? (properties.sessionExpiryInterval ?? 0) : cleanStart ? 0 : NEVER_EXPIRES,
    receiveMaximum: properties.receiveMaximum ?? 0xffff,
    maximumPacketSize: properties.maximumPacketSize ?? 0,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    requestResponseInformation: properties.requestResponseInformation === 1,
    requestProblemInformation: properties.requestProblemInformation !== 0,
    authenticationMethod: properties.authenticationMethod,
    authenticationData: properties.authenticationData,
    userProperties: properties.userProperties,
  };
}

type ParsedWill = NonNullable<ReturnType<typeof parseWhole<"connect">>["will"]>;

function toWill(will: ParsedWill, properties: PropertyValues): WillPacket {
  const topic = Buffer.from(will.topic);
  return {
    topicName: readTopicName(topic, 0, topic.length),
    payload: Buffer.from(will.payload),
    qos: (will.qos ?? 0) as QoS,
    retain: will.retain === true,
    willDelayInterval: properties.willDelayInterval ?? 0,
    messageExpiryInterval: properties.messageExpiryInterval,
    properties: messageProperties(properties),
  };
}

function checkConnect(reader: ByteReader): Checked {
  const version = checkVersion(reader.text(), reader.byte());
  const flags = checkFlags(reader.byte(), version);
  reader.uint16(); // keep alive
  const properties = version === 5 ? readProperties(reader, PropertyContext.Connect) : noProperties();
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw new MqttError(ReasonCode.ProtocolError, "Authentication Data without a method"); // MQTT 5 §3.1.2.11.10
  }
  reader.text(); // client id [MQTT-3.1.3-4]
  const willProperties = flags & Flag.Will ? checkWill(reader, version) : noProperties();
  if (flags & Flag.Username) reader.text(); // [MQTT-3.1.3-12]
  if (flags & Flag.Password) reader.binary();
  if (!reader.isAtEnd) throw new MqttError(ReasonCode.MalformedPacket, "bytes behind CONNECT");
  return { version, properties, willProperties };
}

function checkVersion(name: string, level: number): ProtocolVersion {
  if (name === "MQIsdp" && level === 3) return level;
  if (name === "MQTT" && (level === 4 || level === 5)) return level;
  const clause = name === "MQTT" ? "MQTT-3.1.2-2" : "MQTT-3.1.2-1";
  throw new MqttError(ReasonCode.UnsupportedProtocolVersion, "an unknown protocol name or level", clause);
}

function checkFlags(flags: number, version: ProtocolVersion): number {
  const willQoS = (flags & Flag.WillQoS) >> 3;
  if (flags & Flag.Reserved) throw badFlags("reserved", "MQTT-3.1.2-3");
  if (!(flags & Flag.Will) && willQoS > 0) throw badFlags("Will QoS without a will", "MQTT-3.1.2-11");
  if (!(flags & Flag.Will) && flags & Flag.WillRetain)
    throw badFlags("Will Retain without a will", "MQTT-3.1.2-13");
  if (willQoS === 3) throw badFlags("Will QoS 3", "MQTT-3.1.2-12");
  if (version !== 5 && flags & Flag.Password && !(flags & Flag.Username)) {
    throw badFlags("password without username", "MQTT3-3.1.2-22");
  }
  return flags;
}

function badFlags(detail: string, clause: Clause): MqttError {
  return new MqttError(ReasonCode.MalformedPacket, `connect flags: ${detail}`, clause);
}

function checkWill(reader: ByteReader, version: ProtocolVersion): PropertyValues {
  const properties = version === 5 ? readProperties(reader, PropertyContext.Will) : noProperties();
  const topicName = reader.text(); // [MQTT-3.1.3-11]
  if (topicName === "")
    throw new MqttError(ReasonCode.MalformedPacket, "an empty Will Topic", "MQTT-4.7.3-1");
  reader.binary();
  return properties;
}
