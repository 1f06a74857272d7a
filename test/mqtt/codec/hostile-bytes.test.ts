import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { ProtocolVersion } from "../../../src/mqtt/codec/packets.ts";
import { decodeOutcome } from "../../support/decode-packet.ts";

const userProperties = { a: ["1", "2"], b: "3" };

/** One of each packet type, as rich as the version allows. */
function packetsOf(version: ProtocolVersion): Buffer[] {
  const will = {
    topic: "will/topic",
    payload: Buffer.from("gone"),
    qos: 1 as const,
    retain: true,
    properties: { willDelayInterval: 5, contentType: "t", correlationData: Buffer.from("c"), userProperties },
  };
  const packets: Packet[] = [
    {
      cmd: "connect",
      protocolId: version === 3 ? "MQIsdp" : "MQTT",
      protocolVersion: version,
      clientId: "client",
      clean: true,
      keepalive: 60,
      username: "user",
      password: Buffer.from("secret"),
      will,
      properties: {
        sessionExpiryInterval: 60,
        receiveMaximum: 10,
        authenticationMethod: "m",
        userProperties,
      },
    },
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
    { cmd: "puback", messageId: 7, reasonCode: 0x10, properties: { reasonString: "why", userProperties } },
    { cmd: "pubrec", messageId: 7, reasonCode: 0 },
    { cmd: "pubrel", messageId: 7, reasonCode: 0x92 },
    { cmd: "pubcomp", messageId: 7, reasonCode: 0 },
    {
      cmd: "subscribe",
      messageId: 7,
      subscriptions: [
        { topic: "a/#", qos: 2, nl: true, rap: true, rh: 1 },
        { topic: "$share/g/b", qos: 0, nl: false, rap: false, rh: 0 },
      ],
      properties: { subscriptionIdentifier: 300, userProperties },
    },
    { cmd: "unsubscribe", messageId: 7, unsubscriptions: ["a/#", "b"], properties: { userProperties } },
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

/** A packet or a typed error; decodeOutcome lets every other exception pass. */
function expectDecided(bytes: Buffer, version: ProtocolVersion): void {
  const outcome = decodeOutcome(bytes, version);
  expect(Array.isArray(outcome) || outcome >= 0x80).toBe(true);
}

describe.each([3, 4, 5] as const)("hostile bytes at protocol level %d", (version) => {
  const packets = packetsOf(version);

  it("decodes each whole packet to exactly one", () => {
    for (const packet of packets) expect(decodeOutcome(packet, version)).toHaveLength(1);
  });

  it("never makes a packet of a prefix", () => {
    for (const packet of packets) {
      for (let length = 0; length < packet.length; length++) {
        expect(decodeOutcome(packet.subarray(0, length), version)).toEqual([]);
      }
    }
  });

  it("decides on every body that was cut short, its header corrected", () => {
    for (const packet of packets) {
      for (let length = 0; length < packet.length - 2; length++) {
        if (length > 127) break;
        const cut = Buffer.from(packet.subarray(0, 2 + length));
        cut[1] = length;
        expectDecided(cut, version);
      }
    }
  });

  it("decides on every change of a single byte", () => {
    for (const packet of packets) {
      for (let at = 0; at < packet.length; at++) {
        const changed = Buffer.from(packet);
        for (let value = 0; value < 256; value++) {
          changed[at] = value;
          expectDecided(changed, version);
        }
      }
    }
  });

  it("decides on random bytes behind every first byte", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 127 }), (firstByte, body) => {
        expectDecided(Buffer.from([firstByte, body.length, ...body]), version);
      }),
      { numRuns: 2000 },
    );
  });

  it("decides on packets with random bytes in between", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.nat(packets.length - 1), changes, (index, list) => {
        const changed = Buffer.from(packets[index] as Buffer);
        for (const [at, value] of list) changed[at % changed.length] = value;
        expectDecided(changed, version);
      }),
      { numRuns: 2000 },
    );
  });
});
