import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

const MQTT5 = "0004 4d515454 05";

export const connectCases: readonly ReadCase[] = [
  {
    name: "the shortest CONNECT has the defaults of MQTT 5 §3.1.2.11",
    bytes: `10 0d ${MQTT5} 02 003c 00 0000`,
    expected: {
      type: 1,
      protocolVersion: 5,
      clientId: "",
      cleanStart: true,
      keepAlive: 60,
      username: undefined,
      password: undefined,
      will: undefined,
      sessionExpiryInterval: 0,
      receiveMaximum: 65535,
      maximumPacketSize: 0,
      topicAliasMaximum: 0,
      requestResponseInformation: false,
      requestProblemInformation: true,
      authenticationMethod: undefined,
      authenticationData: undefined,
      userProperties: [],
    },
  },
  {
    name: "all properties are read, user properties in order (MQTT 5 §3.1.2.11)",
    bytes: `10 40 ${MQTT5} 00 0000 32 11 00000e10 21 0014 27 00010000 22 000a 19 01 17 00 26 0001 62 0001 31 26 0001 61 0001 32 26 0001 62 0001 33 15 0001 6d 16 0002 0102 0001 63`,
    expected: {
      clientId: "c",
      cleanStart: false,
      sessionExpiryInterval: 3600,
      receiveMaximum: 20,
      maximumPacketSize: 65536,
      topicAliasMaximum: 10,
      requestResponseInformation: true,
      requestProblemInformation: false,
      userProperties: [
        ["b", "1"],
        ["a", "2"],
        ["b", "3"],
      ],
      authenticationMethod: "m",
      authenticationData: Buffer.from([1, 2]),
    },
  },
  {
    name: "a user property may have any name, __proto__ too",
    bytes: `10 1f ${MQTT5} 02 0000 12 26 0009 5f5f70726f746f5f5f 0004 65766972 0000`,
    expected: { userProperties: [["__proto__", "evir"]] },
  },
  {
    name: "will, username and password follow the client id in this order [MQTT-3.1.3-1]",
    bytes: `10 2c ${MQTT5} f6 0000 00 0001 63 0c 18 00000005 02 00000009 01 01 0003 772f74 0002 6279 0001 75 0003 00ff80`,
    expected: {
      clientId: "c",
      username: "u",
      password: Buffer.from([0x00, 0xff, 0x80]),
      will: {
        topicName: "w/t",
        payload: Buffer.from("by"),
        qos: 2,
        retain: true,
        willDelayInterval: 5,
        messageExpiryInterval: 9,
        properties: { payloadFormatIndicator: 1, userProperties: [] },
      },
    },
  },
  {
    name: "a password needs no username in MQTT 5 (§3.1.2.9)",
    bytes: `10 10 ${MQTT5} 42 0000 00 0000 0001 70`,
    expected: { username: undefined, password: Buffer.from("p") },
  },
  {
    name: "an unknown protocol name is an unsupported version [MQTT-3.1.2-1]",
    bytes: "10 0d 0004 58515454 05 02 0000 00 0000",
    expected: ReasonCode.UnsupportedProtocolVersion,
  },
  {
    name: "an unknown level is an unsupported version [MQTT-3.1.2-2]",
    bytes: "10 0d 0004 4d515454 06 02 0000 00 0000",
    expected: ReasonCode.UnsupportedProtocolVersion,
  },
  {
    name: "a level with a bridge's private bit is an unsupported version [MQTT-3.1.2-2]",
    bytes: "10 0c 0004 4d515454 84 02 0000 0000",
    expected: ReasonCode.UnsupportedProtocolVersion,
  },
  {
    name: "the reserved connect flag must be 0 [MQTT-3.1.2-3]",
    bytes: `10 0d ${MQTT5} 03 0000 00 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "Will QoS must be 0 without a will [MQTT-3.1.2-11]",
    bytes: `10 0d ${MQTT5} 0a 0000 00 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "Will QoS 3 is malformed [MQTT-3.1.2-12]",
    bytes: `10 13 ${MQTT5} 1e 0000 00 0000 00 0001 77 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "Will Retain must be 0 without a will [MQTT-3.1.2-13]",
    bytes: `10 0d ${MQTT5} 22 0000 00 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a will flag without a will is malformed [MQTT-3.1.2-9]",
    bytes: `10 0d ${MQTT5} 06 0000 00 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a Will Topic has no wildcard [MQTT-3.3.2-2]",
    bytes: `10 13 ${MQTT5} 06 0000 00 0000 00 0001 23 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a Will Topic is not empty [MQTT-4.7.3-1]",
    bytes: `10 12 ${MQTT5} 06 0000 00 0000 00 0000 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a client id with U+0000 is malformed [MQTT-1.5.4-2]",
    bytes: `10 0e ${MQTT5} 02 0000 00 0001 00`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a client id with a surrogate is malformed [MQTT-1.5.4-1]",
    bytes: `10 10 ${MQTT5} 02 0000 00 0003 eda080`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a username that is not UTF-8 is malformed [MQTT-3.1.3-12]",
    bytes: `10 10 ${MQTT5} 82 0000 00 0000 0001 ff`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a BOM in a client id stays [MQTT-1.5.4-3]",
    bytes: `10 10 ${MQTT5} 02 0000 00 0003 efbbbf`,
    expected: { clientId: "\ufeff" },
  },
  {
    name: "Receive Maximum 0 is a protocol error (MQTT 5 §3.1.2.11.3)",
    bytes: `10 10 ${MQTT5} 02 0000 03 21 0000 0000`,
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "Maximum Packet Size 0 is a protocol error (MQTT 5 §3.1.2.11.4)",
    bytes: `10 12 ${MQTT5} 02 0000 05 27 00000000 0000`,
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a property that stands twice is a protocol error (MQTT 5 §3.1.2.11)",
    bytes: `10 13 ${MQTT5} 02 0000 06 22 0001 22 0001 0000`,
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "Request Problem Information 2 is a protocol error (MQTT 5 §3.1.2.11.7)",
    bytes: `10 0f ${MQTT5} 02 0000 02 17 02 0000`,
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a property of another packet is malformed (MQTT 5 §2.2.2.2)",
    bytes: `10 10 ${MQTT5} 02 0000 03 23 0001 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "an unknown property is malformed (MQTT 5 §2.2.2.2)",
    bytes: `10 0f ${MQTT5} 02 0000 02 7f 00 0000`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "Authentication Data without a method is a protocol error (MQTT 5 §3.1.2.11.10)",
    bytes: `10 11 ${MQTT5} 02 0000 04 16 0001 00 0000`,
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "bytes behind the last field are malformed",
    bytes: `10 0e ${MQTT5} 02 0000 00 0000 00`,
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a property block that runs past the packet is malformed",
    bytes: `10 0d ${MQTT5} 02 0000 7f 0000`,
    expected: ReasonCode.MalformedPacket,
  },
];
