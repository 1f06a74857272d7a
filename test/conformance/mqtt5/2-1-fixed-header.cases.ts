import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

export const fixedHeaderCases: readonly ReadCase[] = [
  { name: "packet type 0 is reserved", bytes: "00 00", expected: ReasonCode.MalformedPacket },
  { name: "CONNECT flags must be 0 [MQTT-2.1.3-1]", bytes: "11 00", expected: ReasonCode.MalformedPacket },
  {
    name: "PUBACK flags must be 0 [MQTT-2.1.3-1]",
    bytes: "42 02 0001",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "PUBREC flags must be 0 [MQTT-2.1.3-1]",
    bytes: "51 02 0001",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "PUBREL flags must be 2 [MQTT-3.6.1-1]",
    bytes: "60 02 0001",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "PUBCOMP flags must be 0 [MQTT-2.1.3-1]",
    bytes: "74 02 0001",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "SUBSCRIBE flags must be 2 [MQTT-3.8.1-1]",
    bytes: "80 07 0001 00 0001 61 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "UNSUBSCRIBE flags must be 2 [MQTT-3.10.1-1]",
    bytes: "a0 06 0001 00 0001 61",
    expected: ReasonCode.MalformedPacket,
  },
  { name: "PINGREQ flags must be 0 [MQTT-2.1.3-1]", bytes: "c8 00", expected: ReasonCode.MalformedPacket },
  {
    name: "DISCONNECT flags must be 0 [MQTT-3.14.1-1]",
    bytes: "e1 00",
    expected: ReasonCode.MalformedPacket,
  },
  { name: "AUTH flags must be 0 [MQTT-3.15.1-1]", bytes: "f1 00", expected: ReasonCode.MalformedPacket },
  { name: "CONNACK comes from servers only", bytes: "20 03 00 00 00", expected: ReasonCode.ProtocolError },
  { name: "SUBACK comes from servers only", bytes: "90 04 0001 00 00", expected: ReasonCode.ProtocolError },
  { name: "UNSUBACK comes from servers only", bytes: "b0 04 0001 00 00", expected: ReasonCode.ProtocolError },
  { name: "PINGRESP comes from servers only", bytes: "d0 00", expected: ReasonCode.ProtocolError },
  { name: "PINGREQ has no body", bytes: "c0 00", expected: { type: 12 } },
  { name: "PINGREQ with a body is malformed", bytes: "c0 01 00", expected: ReasonCode.MalformedPacket },
  {
    name: "Remaining Length has at most four bytes (MQTT 5 §2.1.4)",
    bytes: "30 ff ff ff ff 01",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a packet above the maximum is refused before its body comes (MQTT 5 §3.2.2.3.6)",
    bytes: "30 ff ff ff 7f",
    expected: ReasonCode.PacketTooLarge,
  },
];
