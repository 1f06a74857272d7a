import { type AckType, readAckPacketId, readAckReasonCode } from "../../src/mqtt/codec/acks.ts";
import { checkPingreq, decodeControl } from "../../src/mqtt/codec/control.ts";
import { Framer } from "../../src/mqtt/codec/framer.ts";
import {
  type ClientControlPacket,
  PacketType,
  type ProtocolVersion,
  type PublishPacket,
} from "../../src/mqtt/codec/packets.ts";
import { readPublish } from "../../src/mqtt/codec/publish.ts";
import { TopicCache } from "../../src/mqtt/codec/topic-cache.ts";
import { MqttError } from "../../src/mqtt/mqtt-error.ts";
import type { ReasonCode } from "../../src/mqtt/reason-code.ts";

export interface DecodedAck {
  readonly type: AckType;
  readonly packetId: number;
  readonly reasonCode: ReasonCode;
}

export interface DecodedPingreq {
  readonly type: typeof PacketType.Pingreq;
}

export type DecodedPacket = PublishPacket | DecodedAck | DecodedPingreq | ClientControlPacket;

const topics = new TopicCache();

/** All packets in `bytes`, as a connection would read them; an unfinished one at the end is left out. */
export function decodePackets(
  bytes: Buffer,
  version: ProtocolVersion,
  maximumPacketSize = 1 << 20,
): DecodedPacket[] {
  const packets: DecodedPacket[] = [];
  const framer = new Framer(maximumPacketSize);
  framer.push(bytes, {
    frame(firstByte, buffer, start, end) {
      packets.push(decode(firstByte, buffer, start, end, version));
      return true;
    },
  });
  return packets;
}

/** What decoding ends in: the packets or the Reason Code of a typed error; any other exception passes. */
export function decodeOutcome(bytes: Buffer, version: ProtocolVersion): DecodedPacket[] | ReasonCode {
  try {
    return decodePackets(bytes, version);
  } catch (error) {
    if (error instanceof MqttError) return error.reasonCode;
    throw error;
  }
}

function decode(
  firstByte: number,
  buffer: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): DecodedPacket {
  const type = (firstByte >> 4) as PacketType;
  switch (type) {
    case PacketType.Publish:
      return readPublish(firstByte, buffer, start, end, version, topics);
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp: {
      const packetId = readAckPacketId(buffer, start, end, version);
      return { type, packetId, reasonCode: readAckReasonCode(type, buffer, start, end) };
    }
    case PacketType.Pingreq:
      checkPingreq(start, end);
      return { type };
    default:
      return decodeControl(firstByte, buffer, start, end, version);
  }
}
