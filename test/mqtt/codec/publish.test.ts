import fc from "fast-check";
import { generate, type IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { ProtocolVersion, PublishPacket } from "../../../src/mqtt/codec/packets.ts";
import {
  encodePublish,
  type OutgoingPublish,
  packetIdOffset,
  publishLength,
  writePublish,
  writePublishHead,
} from "../../../src/mqtt/codec/publish-writer.ts";
import { publishes, versions } from "../../support/arbitrary-packets.ts";
import { decodePackets } from "../../support/decode-packet.ts";
import { grouped, parseForeign } from "../../support/mqtt-packet-oracle.ts";

/** What a reader of this version finds in the packet. */
function asRead(publish: OutgoingPublish, version: ProtocolVersion): PublishPacket {
  const { topicName, payload, qos, retain, dup, packetId } = publish;
  const known = { topicName, payload, qos, retain, dup, packetId };
  if (version !== 5) {
    return { ...known, topicAlias: 0, messageExpiryInterval: undefined, properties: undefined };
  }
  const { topicAlias, messageExpiryInterval, properties } = publish;
  return { ...known, topicAlias, messageExpiryInterval, properties };
}

/** The same packet in mqtt-packet's words. */
function asForeign(publish: OutgoingPublish, version: ProtocolVersion): IPublishPacket {
  const { topicName: topic, payload, qos, retain, dup, packetId, properties } = publish;
  const packet: IPublishPacket = { cmd: "publish", topic, payload, qos, retain, dup };
  if (qos > 0) packet.messageId = packetId;
  if (version !== 5) return packet;
  const foreign: IPublishPacket["properties"] = {};
  if (publish.messageExpiryInterval !== undefined)
    foreign.messageExpiryInterval = publish.messageExpiryInterval;
  if (publish.topicAlias !== 0) foreign.topicAlias = publish.topicAlias;
  if (properties?.payloadFormatIndicator !== undefined) {
    foreign.payloadFormatIndicator = properties.payloadFormatIndicator === 1;
  }
  if (properties?.contentType !== undefined) foreign.contentType = properties.contentType;
  if (properties?.responseTopic !== undefined) foreign.responseTopic = properties.responseTopic;
  if (properties?.correlationData !== undefined) foreign.correlationData = properties.correlationData;
  if (properties?.userProperties.length) foreign.userProperties = grouped(properties.userProperties);
  return { ...packet, properties: foreign };
}

/** mqtt-packet loses the order of different names, and an earlier empty value. */
function withoutRepeatedNames(publish: OutgoingPublish): boolean {
  const names = publish.properties?.userProperties.map(([name]) => name) ?? [];
  return new Set(names).size === names.length && !names.some((name) => /^\d+$/.test(name));
}

const publish: OutgoingPublish = {
  topicName: asTopic("a/b"),
  payload: Buffer.from("hello"),
  qos: 1,
  retain: false,
  dup: false,
  packetId: 258,
  topicAlias: 0,
  messageExpiryInterval: undefined,
  properties: undefined,
  subscriptionIdentifiers: [],
};

function asTopic(text: string): OutgoingPublish["topicName"] {
  return text as OutgoingPublish["topicName"];
}

describe("PUBLISH codec", () => {
  it("reads back what it wrote, in every version", () => {
    fc.assert(
      fc.property(publishes, versions, (packet, version) => {
        expect(decodePackets(encodePublish(packet, version), version)).toEqual([asRead(packet, version)]);
      }),
    );
  });

  it("reads what mqtt-packet writes", () => {
    fc.assert(
      fc.property(publishes.filter(withoutRepeatedNames), versions, (packet, version) => {
        const bytes = generate(asForeign(packet, version), { protocolVersion: version });

        expect(decodePackets(bytes, version)).toEqual([asRead(packet, version)]);
      }),
    );
  });

  it("writes what mqtt-packet reads", () => {
    fc.assert(
      fc.property(publishes, versions, (packet, version) => {
        const parsed = parseForeign(encodePublish(packet, version), version);
        const expected = asForeign(packet, version);
        if (expected.properties && Object.keys(expected.properties).length === 0) delete expected.properties;

        expect(parsed).toMatchObject(expected);
      }),
    );
  });

  it("says beforehand how long a packet will be", () => {
    fc.assert(
      fc.property(publishes, versions, (packet, version) => {
        const target = Buffer.alloc(4096);

        expect(writePublish(target, 7, packet, version)).toBe(7 + publishLength(packet, version));
      }),
    );
  });

  it("writes nothing when a packet does not fit", () => {
    fc.assert(
      fc.property(publishes, versions, (packet, version) => {
        const target = Buffer.alloc(publishLength(packet, version) + 4);

        expect(writePublish(target, 5, packet, version)).toBe(-1);
        expect(target.every((byte) => byte === 0)).toBe(true);
        expect(writePublish(target, 4, packet, version)).toBe(target.length);
      }),
    );
  });

  it("writes the head alone for a payload that goes by reference", () => {
    fc.assert(
      fc.property(publishes, versions, (packet, version) => {
        const whole = encodePublish(packet, version);
        const headLength = whole.length - packet.payload.length;
        const target = Buffer.alloc(headLength);

        expect(writePublishHead(target, 0, packet, version)).toBe(headLength);
        expect(Buffer.concat([target, packet.payload])).toEqual(whole);
        expect(writePublishHead(target, 1, packet, version)).toBe(-1);
      }),
    );
  });

  it("finds the packet id of an encoded packet, so that it can be patched", () => {
    fc.assert(
      fc.property(
        publishes.filter(({ qos }) => qos > 0),
        versions,
        fc.integer({ min: 1, max: 65_535 }),
        (packet, version, id) => {
          const encoded = encodePublish(packet, version);

          encoded.writeUInt16BE(id, packetIdOffset(encoded));

          expect(encoded).toEqual(encodePublish({ ...packet, packetId: id }, version));
        },
      ),
    );
  });

  it("writes every subscription identifier that matched [MQTT-3.3.4-4]", () => {
    const encoded = encodePublish({ ...publish, qos: 0, subscriptionIdentifiers: [1, 300] }, 5);

    expect(encoded.toString("hex")).toBe("30100003612f62050b010bac0268656c6c6f");
  });

  it("never sets DUP at QoS 0 [MQTT-3.3.1-2]", () => {
    expect(encodePublish({ ...publish, qos: 0, dup: true }, 4)[0]).toBe(0x30);
    expect(encodePublish({ ...publish, qos: 1, dup: true }, 4)[0]).toBe(0x3a);
  });

  it("leaves the properties of MQTT 5 out for MQTT 3.1.1", () => {
    const rich = { ...publish, messageExpiryInterval: 5, subscriptionIdentifiers: [7] };

    expect(encodePublish(rich, 4).toString("hex")).toBe("320c0003612f62010268656c6c6f");
  });

  it("hands out the payload as a view and correlation data as a copy", () => {
    const bytes = Buffer.from("30 0a 0001 61 05 09 0002 abcd 78".replaceAll(" ", ""), "hex");
    const [packet] = decodePackets(bytes, 5) as [PublishPacket];

    bytes.fill(0xee);

    expect(packet.payload).toEqual(Buffer.from([0xee]));
    expect(packet.properties?.correlationData).toEqual(Buffer.from([0xab, 0xcd]));
  });
});
