import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TopicCache } from "../../../src/mqtt/codec/topic-cache.ts";

function lookUp(cache: TopicCache, topicName: string): string {
  const bytes = Buffer.from(`..${topicName}..`);
  return cache.topicName(bytes, 2, bytes.length - 2);
}

describe("TopicCache", () => {
  it("returns each topic as it was sent, with more topics than entries", () => {
    const cache = new TopicCache();

    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 40_000; i++)
        expect(lookUp(cache, `sensors/${i}/température`)).toBe(`sensors/${i}/température`);
    }
  });

  it("returns any valid topic unchanged, known or not", () => {
    const cache = new TopicCache();
    const topics = fc
      .string({ unit: "binary", minLength: 1, maxLength: 300 })
      .filter((text) => !/[+#\0]/.test(text));
    fc.assert(
      fc.property(topics, (topicName) => {
        expect(lookUp(cache, topicName)).toBe(topicName);
        expect(lookUp(cache, topicName)).toBe(topicName);
      }),
    );
  });

  it("refuses an invalid topic every time", () => {
    const cache = new TopicCache();

    for (let i = 0; i < 3; i++) {
      expect(() => lookUp(cache, "a/+")).toThrow("MQTT-3.3.2-2");
      expect(() => lookUp(cache, "a/#")).toThrow("MQTT-3.3.2-2");
      expect(() => lookUp(cache, "a\0")).toThrow("MQTT-1.5.4-2");
    }
  });

  it("takes topics longer than an entry", () => {
    const cache = new TopicCache();
    const long = `${"level/".repeat(100)}end`;

    expect(lookUp(cache, long)).toBe(long);
  });
});
