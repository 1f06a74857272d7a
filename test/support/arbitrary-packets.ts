import fc from "fast-check";
import { toTopicName } from "../../src/base/topic-name.ts";
import type { OutgoingPublish } from "../../src/mqtt/codec/publish-writer.ts";

/** Text that MQTT allows: well-formed, without U+0000; ASCII and beyond. */
export const texts = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", "0"));

export const topicNames = texts.map((text) => {
  const topicName = toTopicName(`t${text.replaceAll("+", "-").replaceAll("#", "-")}`);
  if (topicName === undefined) throw new Error("a topic that is none");
  return topicName;
});

export const payloads = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

export const versions = fc.constantFrom(3 as const, 4 as const, 5 as const);

const userProperties = fc.array(fc.tuple(texts, texts), { maxLength: 4 });

const messageProperties = fc
  .record({
    payloadFormatIndicator: fc.constantFrom(undefined, 0 as const, 1 as const),
    contentType: fc.option(texts, { nil: undefined }),
    responseTopic: fc.option(topicNames, { nil: undefined }),
    correlationData: fc.option(payloads, { nil: undefined }),
    userProperties,
  })
  .map((properties) => {
    const { userProperties: pairs, ...others } = properties;
    const isEmpty = pairs.length === 0 && Object.values(others).every((value) => value === undefined);
    return isEmpty ? undefined : properties;
  });

/** PUBLISH packets as a client may send them: no subscription identifiers. */
export const publishes: fc.Arbitrary<OutgoingPublish> = fc
  .record({
    topicName: topicNames,
    payload: payloads,
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    retain: fc.boolean(),
    dup: fc.boolean(),
    packetId: fc.integer({ min: 1, max: 65_535 }),
    topicAlias: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 65_535 })),
    messageExpiryInterval: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
    properties: messageProperties,
    subscriptionIdentifiers: fc.constant([]),
  })
  .map((publish) => ({
    ...publish,
    dup: publish.dup && publish.qos > 0,
    packetId: publish.qos === 0 ? 0 : publish.packetId,
  }));
