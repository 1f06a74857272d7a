import type { Output } from "../../base/output.ts";
import { encodeControl } from "../codec/control-writer.ts";
import { PacketType, type ProtocolVersion, type ServerControlPacket } from "../codec/packets.ts";

/** Writes the packets that are not hot into one connection's output. */
export class ControlSender {
  readonly #output: Output;
  readonly #version: ProtocolVersion;
  /** Bytes; 0 = no limit. */
  readonly #maximumPacketSize: number;

  constructor(output: Output, version: ProtocolVersion, maximumPacketSize: number) {
    this.#output = output;
    this.#version = version;
    this.#maximumPacketSize = maximumPacketSize;
  }

  /**
   * Leaves the Reason String out when the packet would else be larger than the client accepts [MQTT-3.2.2-19],
   * [MQTT-3.9.2-1], [MQTT-3.14.2-3]. Returns false, with nothing written, when it still is [MQTT-3.1.2-24].
   */
  send(packet: ServerControlPacket): boolean {
    return this.#sendFitting(packet) || this.#sendFitting(withoutReason(packet));
  }

  #sendFitting(packet: ServerControlPacket): boolean {
    const bytes = encodeControl(packet, this.#version);
    if (this.#maximumPacketSize !== 0 && bytes.length > this.#maximumPacketSize) return false;
    this.#output.write(bytes);
    return true;
  }
}

function withoutReason(packet: ServerControlPacket): ServerControlPacket {
  switch (packet.type) {
    case PacketType.Connack:
      return { ...packet, properties: { ...packet.properties, reasonString: undefined } };
    case PacketType.Suback:
    case PacketType.Disconnect:
      return { ...packet, reasonString: undefined };
    case PacketType.Unsuback:
    case PacketType.Auth:
      return packet;
  }
}
