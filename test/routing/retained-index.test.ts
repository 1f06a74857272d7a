import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TopicFilter, type TopicName, toClientId } from "../../src/base/ids.ts";
import type { Message } from "../../src/base/message.ts";
import { filterMatches } from "../../src/base/topic-filter.ts";
import { toTopicName } from "../../src/base/topic-name.ts";
import { RetainedIndex } from "../../src/routing/retained-index.ts";
import { heapBytesInUse } from "../support/heap.ts";
import { filter, topicFilters, topicNames } from "./topic-names.ts";

function topic(text: string): TopicName {
  const valid = toTopicName(text);
  if (valid === undefined) throw new RangeError(`not a topic name: ${text}`);
  return valid;
}

function aRetained(topicName: TopicName, payload: string | Buffer = "value"): Message {
  return {
    topicName,
    payload: Buffer.from(payload),
    qos: 1,
    retain: true,
    properties: { ...NO_PROPERTIES, userProperties: [["unit", "celsius"]] },
    publisherId: toClientId("sensor"),
    receivedAt: 1_700_000_000_000,
    expiresAt: 1_700_000_060_000,
    envelope: undefined,
  };
}

const NO_PROPERTIES = {
  payloadFormatIndicator: undefined,
  contentType: undefined,
  responseTopic: undefined,
  correlationData: undefined,
};

function indexOf(...topics: string[]): RetainedIndex {
  const index = new RetainedIndex();
  for (const text of topics) index.set(aRetained(topic(text)));
  return index;
}

function walk(index: RetainedIndex, wanted: TopicFilter, limit = 100): string[] {
  const cursor = index.matching(wanted);
  const found: string[] = [];
  while (!cursor.isDone) found.push(...cursor.next(limit).map((message) => message.topicName));
  return found;
}

describe("retained index", () => {
  it("finds exactly the topics that the plain rule finds, whatever the slice", () => {
    const topics = fc.uniqueArray(topicNames, { maxLength: 40 });
    fc.assert(
      fc.property(topics, topicFilters, fc.integer({ min: 1, max: 5 }), (names, wanted, limit) => {
        const found = walk(indexOf(...names), wanted, limit);

        expect(found.sort()).toEqual(names.filter((name) => filterMatches(wanted, name)).sort());
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps what a Map keeps through any sequence of changes", () => {
    const step = fc.record({
      name: topicNames,
      payload: fc.option(fc.string({ minLength: 1, maxLength: 5 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const index = new RetainedIndex();
        const model = new Map<TopicName, string>();

        for (const { name, payload } of steps) {
          if (payload === null) {
            expect(index.delete(name)).toBe(model.delete(name));
          } else {
            index.set(aRetained(name, payload));
            model.set(name, payload);
          }
        }

        const bytes = [...model].reduce(
          (sum, [name, text]) => sum + name.length + Buffer.byteLength(text),
          0,
        );
        expect([index.size, index.bytes]).toEqual([model.size, bytes]);
        for (const { name } of steps) expect(index.get(name)?.payload.toString()).toBe(model.get(name));
      }),
      { numRuns: 1_000 },
    );
  });

  it("returns what stays for the whole walk exactly once while other topics come, go and are replaced", () => {
    const change = fc.record({ name: topicNames, sets: fc.boolean() });
    const slices = fc.array(fc.array(change, { maxLength: 6 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.uniqueArray(topicNames, { maxLength: 30 }),
        topicFilters,
        slices,
        (names, wanted, changes) => {
          const index = indexOf(...names);
          const staying = new Set<string>(names.filter((name) => filterMatches(wanted, name)));
          const returned: string[] = [];
          const cursor = index.matching(wanted);

          for (let slice = 0; !cursor.isDone; slice++) {
            returned.push(...cursor.next(1).map((message) => message.topicName));
            for (const { name, sets } of changes[slice] ?? []) {
              if (sets) index.set(aRetained(name));
              else if (index.delete(name)) staying.delete(name);
            }
          }

          expect(returned.filter((name) => !filterMatches(wanted, name))).toEqual([]);
          for (const name of staying)
            expect([name, returned.filter((one) => one === name).length]).toEqual([name, 1]);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("gives back every field of a message, small or large, and a copy when the payload was a view", () => {
    for (const size of [0, 1, 64, 2_048, 2_049, 100_000]) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, at) => at & 0xff));
      const chunk = Buffer.concat([Buffer.alloc(10), bytes, Buffer.alloc(10)]);
      const message = { ...aRetained(topic("a/b")), payload: chunk.subarray(10, 10 + size) };
      const index = new RetainedIndex();

      index.set(message);
      chunk.fill(0xee);

      expect(index.get(topic("a/b"))).toEqual({ ...message, payload: bytes });
    }
  });

  it("returns no topic that begins with $ for a filter that begins with a wildcard [MQTT-4.7.2-1]", () => {
    const index = indexOf("$SYS/uptime", "$SYS", "a/$SYS", "a");

    expect(walk(index, filter("#")).sort()).toEqual(["a", "a/$SYS"]);
    expect(walk(index, filter("+/uptime"))).toEqual([]);
    expect(walk(index, filter("$SYS/#")).sort()).toEqual(["$SYS", "$SYS/uptime"]);
  });

  it("bounds the work of a slice also when nothing matches", () => {
    const index = new RetainedIndex();
    for (let i = 0; i < 20_000; i++) index.set(aRetained(topic(`fleet/${i}/state`)));
    const cursor = index.matching(filter("fleet/+/missing"));

    let slices = 0;
    for (; !cursor.isDone; slices++) expect(cursor.next(100)).toEqual([]);

    expect(slices).toBeGreaterThan(2);
  });

  it("keeps nothing of topics that are gone", () => {
    const all = Array.from({ length: 20_000 }, (_, at) => topic(`fleet/device-${at}/state/now`));
    const index = indexOf("fleet/gateway");
    const empty = heapBytesInUse();

    for (const each of all) index.set(aRetained(each));
    for (const each of all) index.delete(each);

    expect((heapBytesInUse() - empty) / all.length).toBeLessThan(25);
    expect([index.size, index.bytes]).toEqual([1, "fleet/gateway".length + "value".length]);
  });

  it("walks topics of 65,535 levels without recursion", () => {
    const deep = topic("/".repeat(65_535));
    const index = indexOf(deep, "a");

    expect(walk(index, filter("/#"))).toEqual([deep]);
    expect(index.delete(deep)).toBe(true);
    expect(walk(index, filter("#"))).toEqual(["a"]);
  });
});
