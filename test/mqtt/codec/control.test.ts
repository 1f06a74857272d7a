import fc from "fast-check";
import { generate, type IConnectPacket, type ISubscribePacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { payloads, texts, topicNames } from "../../support/arbitrary-packets.ts";
import { decodePackets } from "../../support/decode-packet.ts";

const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const positive16 = fc.integer({ min: 1, max: 0xffff });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const version = fc.constantFrom(4 as const, 5 as const);

const wills = fc.record({
  topic: topicNames,
  payload: payloads,
  qos,
  retain: fc.boolean(),
  willDelayInterval: uint32,
});

const connects = fc.record({
  protocolVersion: version,
  clientId: texts,
  keepalive: fc.integer({ min: 0, max: 0xffff }),
  username: optional(texts),
  password: optional(payloads),
  will: optional(wills),
  sessionExpiryInterval: uint32,
  receiveMaximum: positive16,
  userProperty: fc.tuple(texts, texts),
});

const subscribes = fc.record({
  protocolVersion: version,
  messageId: positive16,
  subscriptions: fc.array(
    fc.record({ topic: texts, qos, nl: fc.boolean(), rap: fc.boolean(), rh: fc.constantFrom(0, 1, 2) }),
    { minLength: 1, maxLength: 5 },
  ),
  subscriptionIdentifier: fc.integer({ min: 1, max: 268_435_455 }),
});

type Generated<T> = T extends fc.Arbitrary<infer Value> ? Value : never;

function encodeConnect(connect: Generated<typeof connects>): Buffer {
  const { clientId, keepalive, username, password, will, protocolVersion } = connect;
  const packet: IConnectPacket = { cmd: "connect", protocolVersion, clientId, keepalive, clean: true };
  if (username !== undefined) packet.username = username;
  if (username !== undefined && password !== undefined) packet.password = password;
  if (will !== undefined) {
    const { willDelayInterval, ...others } = will;
    packet.will = { ...others, properties: { willDelayInterval } };
  }
  const { sessionExpiryInterval, receiveMaximum, userProperty } = connect;
  const userProperties = { [userProperty[0]]: userProperty[1] };
  packet.properties = { sessionExpiryInterval, receiveMaximum, userProperties };
  return generate(packet, { protocolVersion });
}

describe("control packets that mqtt-packet wrote", () => {
  it("CONNECT is read with every field, of MQTT 5 or 3.1.1", () => {
    fc.assert(
      fc.property(
        connects.filter(({ userProperty }) => userProperty[0] !== "__proto__"),
        (connect) => {
          const isMqtt5 = connect.protocolVersion === 5;
          const { will, username } = connect;

          expect(decodePackets(encodeConnect(connect), connect.protocolVersion)).toMatchObject([
            {
              protocolVersion: connect.protocolVersion,
              clientId: connect.clientId,
              keepAlive: connect.keepalive,
              username,
              password: username === undefined ? undefined : connect.password,
              will: will && {
                topicName: will.topic,
                payload: will.payload,
                qos: will.qos,
                retain: will.retain,
                willDelayInterval: isMqtt5 ? will.willDelayInterval : 0,
              },
              sessionExpiryInterval: isMqtt5 ? connect.sessionExpiryInterval : 0,
              receiveMaximum: isMqtt5 ? connect.receiveMaximum : 65_535,
              userProperties: isMqtt5 ? [connect.userProperty] : [],
            },
          ]);
        },
      ),
    );
  });

  it("SUBSCRIBE is read with every option, of MQTT 5 or 3.1.1", () => {
    fc.assert(
      fc.property(subscribes, ({ protocolVersion, messageId, subscriptions, subscriptionIdentifier }) => {
        const isMqtt5 = protocolVersion === 5;
        const properties = { subscriptionIdentifier };
        const packet: ISubscribePacket = { cmd: "subscribe", messageId, subscriptions, properties };

        expect(decodePackets(generate(packet, { protocolVersion }), protocolVersion)).toMatchObject([
          {
            packetId: messageId,
            subscriptionIdentifier: isMqtt5 ? subscriptionIdentifier : 0,
            subscriptions: subscriptions.map(({ topic, qos: wanted, nl, rap, rh }) => ({
              topicFilter: topic,
              qos: wanted,
              noLocal: isMqtt5 && nl,
              retainAsPublished: isMqtt5 && rap,
              retainHandling: isMqtt5 ? rh : 0,
            })),
          },
        ]);
      }),
    );
  });

  it("is kept when the chunk it came in is used again", () => {
    const bytes = generate({
      cmd: "connect",
      protocolVersion: 5,
      clientId: "c",
      clean: true,
      username: "u",
      password: Buffer.from("secret"),
      will: { topic: "w", payload: Buffer.from("gone"), properties: { correlationData: Buffer.from("id") } },
      properties: { authenticationMethod: "m", authenticationData: Buffer.from("data") },
    });
    const [packet] = decodePackets(bytes, 5);

    bytes.fill(0);

    expect(packet).toMatchObject({
      password: Buffer.from("secret"),
      will: { payload: Buffer.from("gone"), properties: { correlationData: Buffer.from("id") } },
      authenticationData: Buffer.from("data"),
    });
  });
});
