import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

export const ackCases: readonly ReadCase[] = [
  {
    name: "two bytes mean Success (MQTT 5 §3.4.2.1)",
    bytes: "40 02 0102",
    expected: { type: 4, packetId: 0x0102, reasonCode: ReasonCode.Success },
  },
  {
    name: "a Reason Code may stand without properties (MQTT 5 §3.4.2.2.1)",
    bytes: "40 03 0001 10",
    expected: { type: 4, packetId: 1, reasonCode: ReasonCode.NoMatchingSubscribers },
  },
  {
    name: "Reason String and User Properties are passed over (MQTT 5 §3.5.2.2)",
    bytes: "50 10 ffff 97 0c 1f 0002 6f6b 26 0001 61 0001 62",
    expected: { type: 5, packetId: 0xffff, reasonCode: ReasonCode.QuotaExceeded },
  },
  {
    name: "PUBREL may say that the identifier is unknown (MQTT 5 §3.6.2.1)",
    bytes: "62 04 0001 92 00",
    expected: { type: 6, packetId: 1, reasonCode: ReasonCode.PacketIdentifierNotFound },
  },
  {
    name: "PUBCOMP of two bytes means Success",
    bytes: "70 02 0001",
    expected: { type: 7, packetId: 1, reasonCode: 0 },
  },
  {
    name: "Packet Identifier 0 is a protocol error [MQTT-2.2.1-3]",
    bytes: "40 02 0000",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Reason Code of another packet in PUBACK is a protocol error [MQTT-3.4.2-1]",
    bytes: "40 03 0001 92",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Reason Code of another packet in PUBREC is a protocol error [MQTT-3.5.2-1]",
    bytes: "50 03 0001 01",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Reason Code of another packet in PUBREL is a protocol error [MQTT-3.6.2-1]",
    bytes: "62 03 0001 80",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Reason Code of another packet in PUBCOMP is a protocol error [MQTT-3.7.2-1]",
    bytes: "70 03 0001 10",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "two Reason Strings are a protocol error (MQTT 5 §3.4.2.2.2)",
    bytes: "40 0c 0001 00 08 1f 0001 61 1f 0001 62",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a property of another packet is malformed (MQTT 5 §2.2.2.2)",
    bytes: "40 07 0001 00 03 23 0001",
    expected: ReasonCode.MalformedPacket,
  },
  { name: "one byte is malformed", bytes: "40 01 00", expected: ReasonCode.MalformedPacket },
  {
    name: "bytes behind the properties are malformed",
    bytes: "40 05 0001 00 00 00",
    expected: ReasonCode.MalformedPacket,
  },
];
