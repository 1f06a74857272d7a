import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import { ByteReader } from "./byte-reader.ts";
import { readConnect } from "./connect.ts";
import { readAuth, readDisconnect } from "./disconnect.ts";
import { type ClientControlPacket, PacketType, type ProtocolVersion } from "./packets.ts";
import { readSubscribe, readUnsubscribe } from "./subscribe.ts";

/**
 * Decodes the packets a client may send, the hot ones and PINGREQ left out. mqtt-packet parses them, after what it
 * lets pass or loses was read from the bytes. The result holds no view of `buffer`. CONNECT brings its own
 * version: `version` is not looked at.
 */
export function decodeControl(
  firstByte: number,
  buffer: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
  maximumFilters = Number.POSITIVE_INFINITY,
): ClientControlPacket {
  const body = new ByteReader(buffer, start, end);
  switch (firstByte >> 4) {
    case PacketType.Connect:
      return readConnect(firstByte, body);
    case PacketType.Subscribe:
      return readSubscribe(firstByte, body, version, maximumFilters);
    case PacketType.Unsubscribe:
      return readUnsubscribe(firstByte, body, version, maximumFilters);
    case PacketType.Disconnect:
      return readDisconnect(firstByte, body, version);
    case PacketType.Auth:
      return readAuth(firstByte, body, version);
    default:
      throw new MqttError(ReasonCode.ProtocolError, `packet type ${firstByte >> 4} is no control packet`);
  }
}

/** PINGREQ has no body (MQTT 5 §3.12). */
export function checkPingreq(start: number, end: number): void {
  if (start !== end) throw new MqttError(ReasonCode.MalformedPacket, "bytes in PINGREQ");
}
