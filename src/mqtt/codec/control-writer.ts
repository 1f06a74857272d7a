import { generate, type IConnackPacket, type Packet, writeToStream } from "mqtt-packet";
import { assert } from "../../base/errors.ts";
import type { UserProperty } from "../../base/message.ts";
import { ReasonCode } from "../reason-code.ts";
import {
  type AuthPacket,
  type ConnackPacket,
  type ConnackProperties,
  PacketType,
  type ProtocolVersion,
  type ServerControlPacket,
} from "./packets.ts";

// mqtt-packet would otherwise keep a Buffer for each of the 65536 numbers.
writeToStream.cacheNumbers = false;

const SERVER_UNAVAILABLE = 3;
/** Return codes of CONNACK in MQTT 3.1.1 (§3.2.2.3 there); it has none for any other refusal. */
const RETURN_CODES: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  [ReasonCode.Success, 0],
  [ReasonCode.UnsupportedProtocolVersion, 1],
  [ReasonCode.ClientIdentifierNotValid, 2],
  [ReasonCode.BadUserNameOrPassword, 4],
  [ReasonCode.NotAuthorized, 5],
  [ReasonCode.Banned, 5],
  [ReasonCode.BadAuthenticationMethod, 5],
  [ReasonCode.ServerUnavailable, SERVER_UNAVAILABLE],
  [ReasonCode.ServerBusy, SERVER_UNAVAILABLE],
  [ReasonCode.ServerShuttingDown, SERVER_UNAVAILABLE],
  [ReasonCode.ConnectionRateExceeded, SERVER_UNAVAILABLE],
  [ReasonCode.QuotaExceeded, SERVER_UNAVAILABLE],
  [ReasonCode.UseAnotherServer, SERVER_UNAVAILABLE],
]);
const SUBACK_FAILURE = 0x80;

/** Whether CONNACK of this version has a word for it: without one the connection ends unanswered [MQTT3-3.2.2-6]. */
export function mayTell(reasonCode: ReasonCode, version: ProtocolVersion): boolean {
  return version === 5 || RETURN_CODES.has(reasonCode);
}

/** Encodes the packets a server sends, the hot ones left out, with mqtt-packet. */
export function encodeControl(packet: ServerControlPacket, version: ProtocolVersion): Buffer {
  return generate(toForeign(packet, version), { protocolVersion: version });
}

function toForeign(packet: ServerControlPacket, version: ProtocolVersion): Packet {
  switch (packet.type) {
    case PacketType.Connack:
      return toConnack(packet, version);
    case PacketType.Suback:
      return {
        cmd: "suback",
        messageId: packet.packetId,
        granted: packet.reasonCodes.map((code) => (version !== 5 && code > 2 ? SUBACK_FAILURE : code)), // [MQTT3-3.9.3-2]
        ...withReason(packet.reasonString, version),
      };
    case PacketType.Unsuback:
      return { cmd: "unsuback", messageId: packet.packetId, granted: [...packet.reasonCodes] };
    case PacketType.Disconnect:
      assert(version === 5, "a server of MQTT 3 sends no DISCONNECT");
      return {
        cmd: "disconnect",
        reasonCode: packet.reasonCode,
        properties: present({ reasonString: packet.reasonString, serverReference: packet.serverReference }),
      };
    case PacketType.Auth:
      assert(version === 5, "a server of MQTT 3 sends no AUTH");
      return toAuth(packet);
  }
}

function toAuth({ reasonCode, authenticationMethod, authenticationData }: AuthPacket): Packet {
  return {
    cmd: "auth",
    reasonCode,
    properties: {
      ...(authenticationMethod !== undefined && { authenticationMethod }),
      ...(authenticationData !== undefined && { authenticationData }),
    },
  };
}

function toConnack(
  { reasonCode, sessionPresent, properties }: ConnackPacket,
  version: ProtocolVersion,
): Packet {
  if (version !== 5) {
    const returnCode = RETURN_CODES.get(reasonCode);
    assert(returnCode !== undefined, `CONNACK of MQTT 3 has no word for ${reasonCode}`);
    // [MQTT3-3.2.2-4]; MQTT 3.1 has no Session Present
    return {
      cmd: "connack",
      returnCode,
      sessionPresent: sessionPresent && returnCode === 0 && version === 4,
    };
  }
  return {
    cmd: "connack",
    reasonCode,
    sessionPresent: sessionPresent && reasonCode === ReasonCode.Success, // [MQTT-3.2.2-6]
    ...(properties && { properties: toForeignProperties(properties) }),
  };
}

function toForeignProperties(properties: ConnackProperties): NonNullable<IConnackPacket["properties"]> {
  const { userProperties, ...rest } = properties;
  return userProperties?.length
    ? { ...present(rest), userProperties: byName(userProperties) }
    : present(rest);
}

/** mqtt-packet would write a key that is there, even if undefined. */
function present<T extends object>(properties: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}

/** mqtt-packet groups values by name; an object without prototype, as names are anything. */
function byName(userProperties: readonly UserProperty[]): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of userProperties) {
    const sameName = values[name];
    if (sameName) sameName.push(value);
    else values[name] = [value];
  }
  return values;
}

function withReason(
  reasonString: string | undefined,
  version: ProtocolVersion,
): { properties?: { reasonString: string } } {
  return reasonString === undefined || version !== 5 ? {} : { properties: { reasonString } };
}
