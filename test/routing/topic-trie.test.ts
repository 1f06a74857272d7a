import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TopicFilter } from "../../src/base/ids.ts";
import { filterMatches } from "../../src/base/topic-filter.ts";
import { TopicTrie } from "../../src/routing/topic-trie.ts";
import { heapBytesInUse } from "../support/heap.ts";
import { filter, topicFilters, topicNames } from "./topic-names.ts";

const WHOLE_TOPIC = 65_535;

function trieOf(...filters: string[]): TopicTrie<string> {
  const trie = new TopicTrie<string>();
  for (const text of filters) trie.add(filter(text), text);
  return trie;
}

function matches<T extends NonNullable<unknown>>(trie: TopicTrie<T>, topicName: string): T[] {
  const found: T[] = [];
  trie.match(topicName, found);
  return found.sort();
}

describe("topic trie", () => {
  it("finds exactly the filters that the plain rule finds", () => {
    fc.assert(
      fc.property(fc.uniqueArray(topicFilters, { maxLength: 40 }), topicNames, (filters, topicName) => {
        const trie = trieOf(...filters);

        const found = matches(trie, topicName);

        expect(found).toEqual(filters.filter((text) => filterMatches(text, topicName)).sort());
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps what a plain list keeps through any sequence of additions and removals", () => {
    const pool = fc.uniqueArray(topicFilters, { minLength: 1, maxLength: 8 });
    const step = fc.record({ adds: fc.boolean(), at: fc.nat(7), value: fc.integer({ min: 1, max: 3 }) });
    const topics = fc.array(topicNames, { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(pool, fc.array(step, { maxLength: 60 }), topics, (filters, steps, names) => {
        const trie = new TopicTrie<number>();
        const model: { filter: TopicFilter; value: number }[] = [];

        for (const { adds, at, value } of steps) {
          const chosen = filters[at % filters.length] as TopicFilter;
          const known = model.findIndex((pair) => pair.filter === chosen && pair.value === value);
          if (adds) trie.add(chosen, value);
          else expect(trie.remove(chosen, value)).toBe(known >= 0);
          if (adds && known < 0) model.push({ filter: chosen, value });
          if (!adds && known >= 0) model.splice(known, 1);
        }

        expect(trie.size).toBe(model.length);
        for (const name of names) {
          const expected = model.filter((pair) => filterMatches(pair.filter, name));
          expect(matches(trie, name)).toEqual(expected.map((pair) => pair.value).sort());
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("lets # match the parent level too", () => {
    expect(matches(trieOf("sport/#", "sport/+", "sport"), "sport")).toEqual(["sport", "sport/#"]);
  });

  it("takes empty levels for levels", () => {
    expect(matches(trieOf("+/+", "/+", "+", "/a", "a"), "/a")).toEqual(["+/+", "/+", "/a"]);
    expect(matches(trieOf("a/+/b", "a//b", "a/b"), "a//b")).toEqual(["a/+/b", "a//b"]);
  });

  it("hides topics that begin with $ from filters that begin with a wildcard [MQTT-4.7.2-1]", () => {
    const trie = trieOf("#", "+/broker/+", "$SYS/#", "$SYS/+/uptime");

    expect(matches(trie, "$SYS/broker/uptime")).toEqual(["$SYS/#", "$SYS/+/uptime"]);
  });

  it("takes level names that objects are born with for ordinary names", () => {
    const trie = trieOf("__proto__/+", "constructor/#");

    expect(matches(trie, "__proto__/toString")).toEqual(["__proto__/+"]);
    expect(matches(trie, "toString/toString")).toEqual([]);
  });

  it("appends to what the caller's array holds already", () => {
    const into = ["before"];

    trieOf("a/+").match("a/b", into);

    expect(into).toEqual(["before", "a/+"]);
  });

  it("holds a value once per filter", () => {
    const trie = trieOf("a/+", "a/+");

    expect(trie.size).toBe(1);
    expect(trie.remove(filter("a/+"), "a/+")).toBe(true);
    expect(matches(trie, "a/b")).toEqual([]);
  });

  it("forgets one of ten thousand subscribers of the same filter and keeps the others", () => {
    for (const shared of [filter("fleet/+/state"), filter("fleet/all/state")]) {
      const trie = new TopicTrie<number>();
      for (let value = 1; value <= 10_000; value++) trie.add(shared, value);

      for (let value = 1; value <= 9_998; value++) trie.remove(shared, value);

      expect(matches(trie, "fleet/all/state")).toEqual([10_000, 9_999]);
      expect(trie.size).toBe(2);
    }
  });

  it("keeps nothing of filters that are gone, and at most 500 bytes of each that is there", () => {
    const trie = trieOf("fleet/+/state");
    const all = Array.from({ length: 20_000 }, (_, at) => filter(`fleet/device-${at}/cmd/#`));
    const value = "the same";
    const empty = heapBytesInUse();

    for (const each of all) trie.add(each, value);
    const full = heapBytesInUse();
    for (const each of all) trie.remove(each, value);

    expect((full - empty) / all.length).toBeLessThan(500);
    expect((heapBytesInUse() - empty) / all.length).toBeLessThan(25);
    expect(trie.size).toBe(1);
  });

  it("walks filters and topics of 65,535 levels without recursion", () => {
    const slashes = "/".repeat(WHOLE_TOPIC);
    const deepPlus = filter(`${"+/".repeat(WHOLE_TOPIC / 2)}+`);
    const trie = trieOf("#", `${slashes.slice(2)}#`, deepPlus);

    expect(matches(trie, slashes)).toEqual(["#", `${slashes.slice(2)}#`].sort());
    expect(matches(trie, "/".repeat((WHOLE_TOPIC - 1) / 2))).toEqual(["#", deepPlus].sort());
    expect(trie.remove(deepPlus, deepPlus)).toBe(true);
  });
});
