import { type Packet, type PacketCmd, parser } from "mqtt-packet";
import { describe } from "../../base/errors.ts";
import { MqttError } from "../mqtt-error.ts";
import { ReasonCode } from "../reason-code.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ProtocolVersion } from "./packets.ts";
import { varintLength, writeVarint } from "./varint.ts";

/**
 * Has mqtt-packet parse one packet that has been framed already; `body` is what is left of `reader`. The packet
 * gets bytes of its own, so what mqtt-packet returns are no views of a read buffer.
 */
export function parseWhole<Command extends PacketCmd>(
  command: Command,
  firstByte: number,
  reader: ByteReader,
  version: ProtocolVersion,
): Extract<Packet, { cmd: Command }> {
  const packets: Packet[] = [];
  const parsing = parser({ protocolVersion: version });
  parsing.on("packet", (packet) => packets.push(packet));
  parsing.on("error", (error) => {
    throw error;
  });
  try {
    parsing.parse(wholePacket(firstByte, reader));
  } catch (error) {
    throw new MqttError(ReasonCode.MalformedPacket, `${command}: ${describe(error)}`);
  }
  const packet = packets[0];
  if (packets.length !== 1 || packet === undefined || !isA(packet, command)) {
    throw new MqttError(ReasonCode.MalformedPacket, `${command}: not one packet`);
  }
  return packet;
}

function isA<Command extends PacketCmd>(
  packet: Packet,
  command: Command,
): packet is Extract<Packet, { cmd: Command }> {
  return packet.cmd === command;
}

function wholePacket(firstByte: number, { buffer, position, end }: ByteReader): Buffer {
  const bodyLength = end - position;
  const packet = Buffer.allocUnsafe(1 + varintLength(bodyLength) + bodyLength);
  packet[0] = firstByte;
  buffer.copy(packet, writeVarint(packet, 1, bodyLength), position, end);
  return packet;
}
