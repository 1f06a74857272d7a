import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { ByteReader } from "./byte-reader.ts";
import { PacketType, type ProtocolVersion } from "./packets.ts";
import { PropertyContext, PropertyId, readProperties } from "./properties.ts";
import { utf8Length, writeUtf8 } from "./utf8.ts";
import { varintLength, writeVarint } from "./varint.ts";

/** The packets that answer a PUBLISH or one another (MQTT 5 §3.4 to §3.7). */
export type AckType =
  | typeof PacketType.Puback
  | typeof PacketType.Pubrec
  | typeof PacketType.Pubrel
  | typeof PacketType.Pubcomp;

/** The two packets that are always the same; not to be changed. */
export const PINGREQ: Buffer = Buffer.from([PacketType.Pingreq << 4, 0]);
export const PINGRESP: Buffer = Buffer.from([PacketType.Pingresp << 4, 0]);

const PUBLISH_ANSWERS: ReadonlySet<number> = new Set([
  ReasonCode.Success,
  ReasonCode.NoMatchingSubscribers,
  ReasonCode.UnspecifiedError,
  ReasonCode.ImplementationSpecificError,
  ReasonCode.NotAuthorized,
  ReasonCode.TopicNameInvalid,
  ReasonCode.PacketIdentifierInUse,
  ReasonCode.QuotaExceeded,
  ReasonCode.PayloadFormatInvalid,
]);
const RELEASE_ANSWERS: ReadonlySet<number> = new Set([
  ReasonCode.Success,
  ReasonCode.PacketIdentifierNotFound,
]);

/** PUBACK, PUBREC, PUBREL, PUBCOMP => packet_id [reason_code [properties]]; returns the Packet Identifier. */
export function readAckPacketId(
  buffer: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): number {
  const length = end - start;
  if (length < 2 || (length > 2 && version !== 5)) {
    throw new MqttError(ReasonCode.MalformedPacket, `an acknowledgement of ${length} bytes`);
  }
  const packetId = ((buffer[start] as number) << 8) | (buffer[start + 1] as number);
  if (packetId === 0) throw new MqttError(ReasonCode.ProtocolError, "Packet Identifier 0", "MQTT-2.2.1-3");
  return packetId;
}

/** The Reason Code of the same packet, Success when it is left out; properties are checked and skipped. */
export function readAckReasonCode(type: AckType, buffer: Buffer, start: number, end: number): ReasonCode {
  if (end - start === 2) return ReasonCode.Success;
  const reader = new ByteReader(buffer, start + 2, end);
  const reasonCode = reader.byte();
  if (!isAckReasonCode(type, reasonCode)) {
    throw new MqttError(ReasonCode.ProtocolError, `Reason Code ${reasonCode} in packet type ${type}`);
  }
  if (!reader.isAtEnd) readProperties(reader, PropertyContext.Acknowledgement);
  if (!reader.isAtEnd) throw new MqttError(ReasonCode.MalformedPacket, "bytes behind the properties");
  return reasonCode;
}

/** [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1] */
function isAckReasonCode(type: AckType, code: number): code is ReasonCode {
  return (type <= PacketType.Pubrec ? PUBLISH_ANSWERS : RELEASE_ANSWERS).has(code);
}

/** Bytes that `writeAck` writes; 4 unless a Reason Code other than Success or a Reason String goes to MQTT 5. */
export function ackLength(reasonCode: ReasonCode, version: ProtocolVersion, reasonString?: string): number {
  const bodyLength = ackBodyLength(reasonCode, version, reasonString);
  return 1 + varintLength(bodyLength) + bodyLength;
}

function ackBodyLength(reasonCode: ReasonCode, version: ProtocolVersion, reasonString?: string): number {
  if (version !== 5) return 2;
  if (reasonString === undefined) return reasonCode === ReasonCode.Success ? 2 : 3;
  const propertiesLength = 3 + utf8Length(reasonString);
  return 3 + varintLength(propertiesLength) + propertiesLength;
}

/** Writes an acknowledgement, as short as its content allows (MQTT 5 §3.4.2.1); returns the offset behind it. */
export function writeAck(
  target: Buffer,
  offset: number,
  type: AckType,
  packetId: number,
  reasonCode: ReasonCode,
  version: ProtocolVersion,
  reasonString?: string,
): number {
  target[offset] = (type << 4) | (type === PacketType.Pubrel ? 2 : 0); // [MQTT-3.6.1-1]
  const bodyLength = ackBodyLength(reasonCode, version, reasonString);
  let at = writeVarint(target, offset + 1, bodyLength);
  target[at++] = packetId >>> 8;
  target[at++] = packetId & 0xff;
  if (bodyLength > 2) target[at++] = reasonCode;
  if (bodyLength > 3 && reasonString !== undefined) at = writeReasonString(target, at, reasonString);
  return at;
}

function writeReasonString(target: Buffer, offset: number, reasonString: string): number {
  const at = writeVarint(target, offset, 3 + utf8Length(reasonString));
  target[at] = PropertyId.ReasonString;
  return writeUtf8(target, at + 1, reasonString);
}
