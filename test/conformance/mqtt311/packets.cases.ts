import { ReasonCode } from "../../../src/mqtt/reason-code.ts";
import type { ReadCase } from "../packet-case.ts";

export const packet311Cases: readonly ReadCase[] = [
  {
    name: "PUBLISH has no properties",
    bytes: "32 06 0001 61 000a 00",
    expected: { topicName: "a", packetId: 10, payload: Buffer.from([0]), properties: undefined },
  },
  {
    name: "an empty Topic Name is refused [MQTT3-4.7.3-1]",
    bytes: "30 03 0000 78",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "QoS 3 is malformed [MQTT3-3.3.1-4]",
    bytes: "36 05 0001 61 0001",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "a wildcard in a Topic Name is malformed [MQTT3-3.3.2-2]",
    bytes: "30 03 0001 2b",
    expected: ReasonCode.MalformedPacket,
  },
  { name: "PUBACK has two bytes", bytes: "40 02 0001", expected: { type: 4, packetId: 1, reasonCode: 0 } },
  { name: "PUBACK has no Reason Code", bytes: "40 03 0001 00", expected: ReasonCode.MalformedPacket },
  {
    name: "SUBSCRIBE asks for a QoS per filter [MQTT3-3.8.3-1]",
    bytes: "82 0a 0001 0001 61 00 0001 62 02",
    expected: {
      packetId: 1,
      subscriptionIdentifier: 0,
      subscriptions: [
        { topicFilter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        { topicFilter: "b", qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
    },
  },
  {
    name: "reserved bits of the requested QoS are malformed [MQTT3-3.8.3-4]",
    bytes: "82 06 0001 0001 61 04",
    expected: ReasonCode.MalformedPacket,
  },
  {
    name: "SUBSCRIBE without a filter is refused [MQTT3-3.8.3-3]",
    bytes: "82 02 0001",
    expected: ReasonCode.ProtocolError,
  },
  {
    name: "UNSUBSCRIBE lists its filters",
    bytes: "a2 05 0001 0001 61",
    expected: { type: 10, packetId: 1, topicFilters: ["a"] },
  },
  {
    name: "UNSUBSCRIBE without a filter is refused [MQTT3-3.10.3-2]",
    bytes: "a2 02 0001",
    expected: ReasonCode.ProtocolError,
  },
  { name: "DISCONNECT is empty", bytes: "e0 00", expected: { type: 14, reasonCode: 0 } },
  { name: "DISCONNECT with a body is malformed", bytes: "e0 01 00", expected: ReasonCode.MalformedPacket },
  { name: "AUTH does not exist", bytes: "f0 00", expected: ReasonCode.MalformedPacket },
];
