import { generate, type IConnectPacket, type Packet } from "mqtt-packet";
import { connectCases } from "../conformance/mqtt5/3-1-connect.cases.ts";
import { publishCases } from "../conformance/mqtt5/3-3-publish.cases.ts";
import { ackCases } from "../conformance/mqtt5/3-4-acks.cases.ts";
import { subscribeCases } from "../conformance/mqtt5/3-8-subscribe.cases.ts";
import { disconnectCases } from "../conformance/mqtt5/3-14-disconnect.cases.ts";
import { serverCases } from "../conformance/mqtt5/server-packets.cases.ts";
import { connect311Cases } from "../conformance/mqtt311/3-1-connect.cases.ts";
import { packet311Cases } from "../conformance/mqtt311/packets.cases.ts";
import { server311Cases } from "../conformance/mqtt311/server-packets.cases.ts";

export type Version = 3 | 4 | 5;

const userProperties = { a: ["1", "2"], b: "3" };

/** CONNECT with every field the version has. */
export function richConnect(version: Version, clientId: string): Buffer {
  return connectPacket(version, {
    clientId,
    clean: false,
    keepalive: 60,
    username: "user",
    password: Buffer.from("secret"),
    will: {
      topic: "will/topic",
      payload: Buffer.from("gone"),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 5, contentType: "t", userProperties },
    },
    properties: { sessionExpiryInterval: 60, receiveMaximum: 10, maximumPacketSize: 4096, userProperties },
  });
}

export function connectPacket(version: Version, fields: Partial<IConnectPacket> = {}): Buffer {
  return generate(
    {
      cmd: "connect",
      protocolId: version === 3 ? "MQIsdp" : "MQTT",
      protocolVersion: version,
      clientId: "hostile",
      clean: true,
      keepalive: 0,
      ...fields,
    },
    { protocolVersion: version },
  );
}

/** One of each type a connected client may send, as rich as the version allows. */
export function packetsAfterConnect(version: Version): Buffer[] {
  const packets: Packet[] = [
    {
      cmd: "publish",
      topic: "a/b/ü",
      payload: Buffer.from("payload"),
      qos: 2,
      dup: true,
      retain: true,
      messageId: 258,
      properties: { topicAlias: 3, messageExpiryInterval: 60, responseTopic: "r", userProperties },
    },
    { cmd: "publish", topic: "a/b", payload: "q1", qos: 1, dup: false, retain: false, messageId: 9 },
    { cmd: "publish", topic: "a", payload: "q0", qos: 0, dup: false, retain: false },
    { cmd: "puback", messageId: 1, reasonCode: 0x10, properties: { reasonString: "why", userProperties } },
    { cmd: "pubrec", messageId: 2, reasonCode: 0 },
    { cmd: "pubrel", messageId: 258, reasonCode: 0x92 },
    { cmd: "pubcomp", messageId: 2, reasonCode: 0 },
    {
      cmd: "subscribe",
      messageId: 7,
      subscriptions: [
        { topic: "a/#", qos: 2, nl: true, rap: true, rh: 1 },
        { topic: "$share/g/b", qos: 0, nl: false, rap: false, rh: 0 },
      ],
      properties: { subscriptionIdentifier: 300, userProperties },
    },
    { cmd: "unsubscribe", messageId: 8, unsubscriptions: ["a/#", "b"], properties: { userProperties } },
    { cmd: "pingreq" },
    version === 5
      ? { cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 9, reasonString: "bye" } }
      : { cmd: "disconnect" },
  ];
  if (version === 5) {
    packets.push({
      cmd: "auth",
      reasonCode: 0x18,
      properties: { authenticationMethod: "m", userProperties },
    });
  }
  return packets.map((packet) => generate(packet, { protocolVersion: version }));
}

/** What only a server may send [MQTT-3.2.0-1]: CONNACK, SUBACK, UNSUBACK, PINGRESP. */
export const SERVER_PACKETS: readonly Buffer[] = ["20020000", "9003000100", "b00100", "d000"].map((hex) =>
  Buffer.from(hex, "hex"),
);

const HAND_WRITTEN = [
  ...connectCases,
  ...publishCases,
  ...ackCases,
  ...subscribeCases,
  ...disconnectCases,
  ...serverCases,
  ...connect311Cases,
  ...packet311Cases,
  ...server311Cases,
];

/** The conformance cases' bytes, valid and not, of both versions. */
export const CORPUS: readonly Buffer[] = HAND_WRITTEN.map(({ bytes }) =>
  Buffer.from(bytes.replaceAll(" ", ""), "hex"),
);
