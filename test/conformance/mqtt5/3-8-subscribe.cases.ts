import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

export const subscribeCases: readonly ReadCase[] = [
  {
    name: "subscription options are read bit by bit (MQTT 5 §3.8.3.1)",
    bytes: "82 0e 0007 00 0003 612f23 2e 0002 2b2f 01",
    expected: {
      type: 8,
      packetId: 7,
      subscriptionIdentifier: 0,
      subscriptions: [
        { topicFilter: "a/#", qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { topicFilter: "+/", qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
    },
  },
  {
    name: "a Subscription Identifier has up to four bytes (MQTT 5 §3.8.2.1.2)",
    bytes: "82 0c 0001 05 0b ffffff7f 0001 61 00",
    expected: { subscriptionIdentifier: 268435455 },
  },
  {
    name: "Subscription Identifier 0 is a protocol error (MQTT 5 §3.8.2.1.2)",
    bytes: "82 09 0001 02 0b 00 0001 61 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "two Subscription Identifiers are a protocol error (MQTT 5 §3.8.2.1.2)",
    bytes: "82 0b 0001 04 0b 01 0b 02 0001 61 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "Packet Identifier 0 is a protocol error [MQTT-2.2.1-3]",
    bytes: "82 07 0000 00 0001 61 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "no Topic Filter is a protocol error [MQTT-3.8.3-2]",
    bytes: "82 03 0001 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "reserved subscription options are malformed [MQTT-3.8.3-5]",
    bytes: "82 07 0001 00 0001 61 40",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "QoS 3 is a protocol error (MQTT 5 §3.8.3.1)",
    bytes: "82 07 0001 00 0001 61 03",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "Retain Handling 3 is a protocol error (MQTT 5 §3.8.3.1)",
    bytes: "82 07 0001 00 0001 61 30",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "No Local on a shared subscription is a protocol error [MQTT-3.8.3-4]",
    bytes: "82 10 0001 00 000a 24736861 72652f67 2f61 04",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "a Topic Filter that is not UTF-8 is malformed [MQTT-3.8.3-1]",
    bytes: "82 07 0001 00 0001 ff 00",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a Topic Filter without options is malformed",
    bytes: "82 06 0001 00 0001 61",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "UNSUBSCRIBE lists its filters in order (MQTT 5 §3.10.3)",
    bytes: "a2 09 0102 00 0001 62 0001 61",
    expected: { type: 10, packetId: 0x0102, topicFilters: ["b", "a"] },
  },
  {
    name: "UNSUBSCRIBE without a filter is a protocol error [MQTT-3.10.3-2]",
    bytes: "a2 03 0001 00",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "UNSUBSCRIBE takes user properties only (MQTT 5 §3.10.2.1)",
    bytes: "a2 08 0001 02 0b 01 0001 61",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a filter of UNSUBSCRIBE that is not UTF-8 is malformed [MQTT-3.10.3-1]",
    bytes: "a2 06 0001 00 0001 80",
    expected: ReasonCode.MalformedPacket,
  },
];
