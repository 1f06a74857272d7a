import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import type { ByteReader } from "./byte-reader.ts";
import {
  type AuthPacket,
  type AuthReasonCode,
  type DisconnectPacket,
  PacketType,
  type ProtocolVersion,
} from "./packets.ts";
import { parseWhole } from "./parse-whole.ts";
import { noProperties, PropertyContext, type PropertyValues, readProperties } from "./properties.ts";

/** Reason Codes that a client may send in DISCONNECT (MQTT 5 §3.14.2.1). */
const FROM_CLIENTS: ReadonlySet<number> = new Set([
  ReasonCode.Success,
  ReasonCode.DisconnectWithWillMessage,
  ReasonCode.UnspecifiedError,
  ReasonCode.MalformedPacket,
  ReasonCode.ProtocolError,
  ReasonCode.ImplementationSpecificError,
  ReasonCode.TopicNameInvalid,
  ReasonCode.ReceiveMaximumExceeded,
  ReasonCode.TopicAliasInvalid,
  ReasonCode.PacketTooLarge,
  ReasonCode.MessageRateTooHigh,
  ReasonCode.QuotaExceeded,
  ReasonCode.AdministrativeAction,
  ReasonCode.PayloadFormatInvalid,
]);
/** Success is the server's to send, but its place in the sequence is not the codec's to judge. */
const AUTH_CODES: ReadonlySet<number> = new Set([
  ReasonCode.Success,
  ReasonCode.ContinueAuthentication,
  ReasonCode.ReAuthenticate,
]);

/** DISCONNECT => [reason_code [properties]]; nothing at all in MQTT 3. */
export function readDisconnect(
  firstByte: number,
  body: ByteReader,
  version: ProtocolVersion,
): DisconnectPacket {
  const reader = body.fork();
  if (version !== 5 && !reader.isAtEnd) {
    throw new MqttError(ReasonCode.MalformedPacket, "bytes in DISCONNECT of MQTT 3");
  }
  const properties = readReason(reader, FROM_CLIENTS, PropertyContext.Disconnect);
  const packet = parseWhole("disconnect", firstByte, body, version);
  return {
    type: PacketType.Disconnect,
    reasonCode: (packet.reasonCode ?? ReasonCode.Success) as ReasonCode,
    sessionExpiryInterval: properties.sessionExpiryInterval,
    reasonString: properties.reasonString,
  };
}

/** AUTH => [reason_code [properties]]; a reserved packet type in MQTT 3. */
export function readAuth(firstByte: number, body: ByteReader, version: ProtocolVersion): AuthPacket {
  if (version !== 5) throw new MqttError(ReasonCode.MalformedPacket, "AUTH in MQTT 3");
  const { authenticationMethod, authenticationData } = readReason(
    body.fork(),
    AUTH_CODES,
    PropertyContext.Auth,
  );
  // mqtt-packet wants a Reason Code
  const reasonCode = body.isAtEnd ? 0 : parseWhole("auth", firstByte, body, version).reasonCode;
  return {
    type: PacketType.Auth,
    reasonCode: reasonCode as AuthReasonCode,
    authenticationMethod,
    authenticationData,
  };
}

function readReason(
  reader: ByteReader,
  allowed: ReadonlySet<number>,
  context: PropertyContext,
): PropertyValues {
  if (reader.isAtEnd) return noProperties();
  const reasonCode = reader.byte();
  if (!allowed.has(reasonCode)) {
    const clause = context === PropertyContext.Auth ? "MQTT-3.15.2-1" : "MQTT-3.14.2-1";
    throw new MqttError(ReasonCode.ProtocolError, `Reason Code ${reasonCode}`, clause);
  }
  const properties = reader.isAtEnd ? noProperties() : readProperties(reader, context);
  if (!reader.isAtEnd) throw new MqttError(ReasonCode.MalformedPacket, "bytes behind the properties");
  return properties;
}
