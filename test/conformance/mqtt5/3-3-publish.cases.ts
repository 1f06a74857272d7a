import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

export const publishCases: readonly ReadCase[] = [
  {
    name: "QoS 0 has no Packet Identifier [MQTT-2.2.1-2]",
    bytes: "30 08 0003 612f62 00 6869",
    expected: {
      topicName: "a/b",
      payload: Buffer.from("hi"),
      qos: 0,
      retain: false,
      dup: false,
      packetId: 0,
      topicAlias: 0,
      messageExpiryInterval: undefined,
      properties: undefined,
    },
  },
  {
    name: "QoS 2 with DUP and RETAIN (MQTT 5 §3.3.1)",
    bytes: "3d 07 0001 61 abcd 00 78",
    expected: {
      topicName: "a",
      payload: Buffer.from("x"),
      qos: 2,
      retain: true,
      dup: true,
      packetId: 0xabcd,
    },
  },
  {
    name: "a payload may be empty (MQTT 5 §3.3.3)",
    bytes: "30 04 0001 61 00",
    expected: { payload: Buffer.alloc(0) },
  },
  {
    name: "all properties are read, user properties in order with repeated names [MQTT-3.3.2-18]",
    bytes:
      "30 31 0001 61 2d 01 01 02 0000003c 03 0002 6a73 08 0001 72 09 0002 00ff 23 0007 26 0001 6b 0001 31 26 0001 6a 0001 32 26 0001 6b 0001 31",
    expected: {
      topicName: "a",
      topicAlias: 7,
      messageExpiryInterval: 60,
      properties: {
        payloadFormatIndicator: 1,
        contentType: "js",
        responseTopic: "r",
        correlationData: Buffer.from([0x00, 0xff]),
        userProperties: [
          ["k", "1"],
          ["j", "2"],
          ["k", "1"],
        ],
      },
      payload: Buffer.alloc(0),
    },
  },
  {
    name: "a Topic Alias stands for the topic (MQTT 5 §3.3.2.3.4)",
    bytes: "30 07 0000 03 23 0001 78",
    expected: { topicName: "", topicAlias: 1, payload: Buffer.from("x"), properties: undefined },
  },
  {
    name: "QoS 3 is malformed [MQTT-3.3.1-4]",
    bytes: "36 06 0001 61 0001 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "DUP at QoS 0 is malformed [MQTT-3.3.1-2]",
    bytes: "38 04 0001 61 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "Packet Identifier 0 is a protocol error [MQTT-2.2.1-3]",
    bytes: "32 06 0001 61 0000 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "`+` in a Topic Name is malformed [MQTT-3.3.2-2]",
    bytes: "30 06 0003 612f2b 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "`#` in a Topic Name is malformed [MQTT-3.3.2-2]",
    bytes: "30 04 0001 23 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "U+0000 in a Topic Name is malformed [MQTT-4.7.3-2]",
    bytes: "30 06 0003 610062 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a Topic Name with an overlong form is malformed [MQTT-1.5.4-1]",
    bytes: "30 05 0002 c080 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a Topic Name with a surrogate is malformed [MQTT-1.5.4-1]",
    bytes: "30 06 0003 edbfbf 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a Topic Name with U+10FFFF is fine (MQTT 5 §1.5.4)",
    bytes: "30 07 0004 f48fbfbf 00",
    expected: { topicName: "\u{10ffff}" },
  },
  {
    name: "neither topic nor alias is a protocol error (MQTT 5 §3.3.2.1)",
    bytes: "30 03 0000 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "Topic Alias 0 is refused [MQTT-3.3.2-8]",
    bytes: "30 07 0001 61 03 23 0000",
    expected: ReasonCode.TopicAliasInvalid,
  },
  {
    name: "two Topic Aliases are a protocol error (MQTT 5 §3.3.2.3.4)",
    bytes: "30 0a 0001 61 06 23 0001 23 0001",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Subscription Identifier from a client is a protocol error [MQTT-3.3.4-6]",
    bytes: "30 06 0001 61 02 0b 01",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "Payload Format Indicator 2 is a protocol error (MQTT 5 §3.3.2.3.2)",
    bytes: "30 06 0001 61 02 01 02",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a wildcard in the Response Topic is a protocol error [MQTT-3.3.2-14]",
    bytes: "30 09 0001 61 05 08 0002 722b",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Content Type that is not UTF-8 is malformed [MQTT-3.3.2-19]",
    bytes: "30 08 0001 61 04 03 0001 ff",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a property that is not one of PUBLISH is malformed (MQTT 5 §2.2.2.2)",
    bytes: "30 09 0001 61 05 11 00000001",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a value that crosses the end of its block is malformed",
    bytes: "30 08 0001 61 02 23 0001 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a property length of five bytes is malformed (MQTT 5 §1.5.5)",
    bytes: "30 08 0001 61 80 80 80 80 01",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a property length of more bytes than needed is malformed [MQTT-1.5.5-1]",
    bytes: "30 05 0001 61 80 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a topic that runs past the packet is malformed",
    bytes: "30 03 0002 61",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a missing Packet Identifier is malformed",
    bytes: "32 03 0001 61",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a missing property length is malformed",
    bytes: "30 03 0001 61",
    expected: ReasonCode.MalformedPacket,
  },
  { name: "an empty body is malformed", bytes: "30 00", expected: ReasonCode.MalformedPacket },
];
